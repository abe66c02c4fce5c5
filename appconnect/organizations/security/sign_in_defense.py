"""How often somebody may try: to sign in with a password, or to ask an open endpoint.

The counts are rows, so that they hold in all processes and after a restart. Their keys
are digests: nobody reads in them who tried.
"""

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from ipaddress import ip_address, ip_network

from django.db import transaction
from django.db.models import QuerySet

from appconnect.organizations.models import Attempts
from appconnect.organizations.models.sealed import derive_key

FREE_HERE = 5
"""Attempts on one account from one address before the first wait."""
FREE_ADDRESS = 30
FREE_ACCOUNT = 30
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=1)
KNOWN_FOR = timedelta(days=90)
MINUTE = timedelta(minutes=1)


def take_attempt(
    username: str, address: str | None, *, now: datetime
) -> timedelta | None:
    """Count an attempt to sign in; return how long to wait where it is one too many.

    It counts before the password is looked at, so that many at once are no way around.
    An account that is tried from everywhere is closed to addresses from which nobody
    signed in to it before: its owner is not locked out.
    """
    here, account, origin, known = keys_of(username, address)
    free = {here: FREE_HERE, origin: FREE_ADDRESS}
    if not Attempts.objects.filter(key=known, expires_at__gt=now).exists():
        free[account] = FREE_ACCOUNT
    wait = take(free, now=now)
    forget(Attempts.objects.expired(now))
    return wait


@transaction.atomic
def take(free: Mapping[str, int], *, now: datetime) -> timedelta | None:
    """Count for each key, or for none where one of them has to wait."""
    rows = Attempts.objects.lock(list(free), now=now)
    waits = [row.refused_until - now for row in rows.values() if row.refused_until]
    if waits and (longest := max(waits)) > timedelta(0):
        return longest
    for key, row in rows.items():
        row.count = 1 + (row.count if row.expires_at > now else 0)
        wait = wait_after(row.count, free=free[key])
        row.refused_until = now + wait if wait else None
        row.expires_at = now + FORGOTTEN_AFTER
        row.save()
    return None


def wait_after(count: int, *, free: int) -> timedelta | None:
    """Return how long the next attempt has to wait after so many."""
    if count < free:
        return None
    return min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(count - free, 20))


@transaction.atomic
def signed_in(username: str, address: str | None, *, now: datetime) -> None:
    """Take back what the attempt counted, and know the address from now on."""
    keys = here, account, origin, known = keys_of(username, address)
    rows = Attempts.objects.lock(keys, now=now)
    for key in (account, origin):
        rows[key].count = max(0, rows[key].count - 1)
        rows[key].refused_until = None
    rows[here].expires_at = now
    rows[known].expires_at = now + KNOWN_FOR
    Attempts.objects.bulk_update(
        rows.values(), ["count", "refused_until", "expires_at"]
    )


def take_request(
    name: str, address: str | None, *, most_a_minute: int, now: datetime
) -> bool:
    """Count a request to an open endpoint; tell whether the minute has room for it."""
    minute = now.strftime("%Y%m%d%H%M")
    key = digest("request", name, network_of(address), minute)
    with transaction.atomic():
        row = Attempts.objects.lock([key], now=now)[key]
        if row.count >= most_a_minute:
            return False
        row.count += 1
        row.expires_at = now + 2 * MINUTE
        row.save()
    if row.count == 1:
        forget(Attempts.objects.expired(now))
    return True


@transaction.atomic
def forget(attempts: QuerySet) -> None:
    """Delete them, but none that somebody is about to count on."""
    some = attempts.select_for_update(skip_locked=True).values_list("pk", flat=True)
    Attempts.objects.filter(pk__in=list(some[:1000])).delete()


def keys_of(username: str, address: str | None) -> tuple[str, str, str, str]:
    """Return the keys of account and address, account, address, and their acquaintance."""
    username, origin = username.casefold(), network_of(address)
    return (
        digest("here", username, origin),
        digest("account", username),
        digest("address", origin),
        digest("known", username, origin),
    )


def network_of(address: str | None) -> str:
    """Return what counts as one address: of IPv6, the network that one customer has."""
    if address and ip_address(address).version == 6:
        return str(ip_network(f"{address}/64", strict=False))
    return address or ""


def digest(*parts: str) -> str:
    return hmac.digest(attempts_key(), "\0".join(parts).encode(), sha256).hex()


@cache
def attempts_key() -> bytes:
    return derive_key("attempts")
