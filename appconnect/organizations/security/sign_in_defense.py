"""Rate limits of sign-ins with a password, and of requests to open endpoints.

The counts are rows, so that they hold in all processes and after a restart. Their keys
are digests, from which nobody can read who tried.
"""

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from django.db import transaction
from django.db.models import QuerySet

from appconnect.organizations.models import Attempts
from appconnect.organizations.models.sealed import derive_key

MAX_ATTEMPTS_PER_ORIGIN = 5
"""On one account from one address, before the first wait."""
MAX_ATTEMPTS_PER_ADDRESS = 30
MAX_ATTEMPTS_PER_ACCOUNT = 30
FIRST_WAIT = timedelta(seconds=15)
MAX_WAIT = timedelta(minutes=15)
MAX_ACCOUNT_WAIT = timedelta(minutes=2)
"""After guesses of a password from many addresses: anyone can cause it, and it keeps the
owner out at a new address. For codes it is `MAX_WAIT`: they are shorter, and only someone
who has the password can guess them."""
COUNT_LIFETIME = timedelta(hours=1)
KNOWN_ADDRESS_LIFETIME = timedelta(days=90)
MINUTE = timedelta(minutes=1)


class Limit(NamedTuple):
    """How many attempts there are before the first wait, and the longest wait."""

    attempts: int
    max_wait: timedelta = MAX_WAIT


def take_attempt(
    username: str,
    address: str | None,
    *,
    known: str = "",
    max_account_wait: timedelta = MAX_ACCOUNT_WAIT,
    now: datetime,
) -> timedelta | None:
    """Count an attempt to sign in; return how long to wait where it is one too many.

    It is counted before the password is checked, so that parallel attempts do not evade
    the limit. An account under attack from many addresses is closed to those from which
    nobody has signed in to it before, so that its owner is not locked out. `known` names
    a session of the account, or a browser that has signed in to it before: it has a count
    of its own, so that nobody else keeps it waiting.
    """
    keys = keys_of(username, address)
    if known:
        limits = {key_of(username, known): Limit(MAX_ATTEMPTS_PER_ORIGIN)}
    else:
        limits = {
            keys.origin: Limit(MAX_ATTEMPTS_PER_ORIGIN),
            keys.address: Limit(MAX_ATTEMPTS_PER_ADDRESS),
        }
        at_home = Attempts.objects.filter(key=keys.known_address, expires_at__gt=now)
        if not at_home.exists():
            limits[keys.account] = Limit(MAX_ATTEMPTS_PER_ACCOUNT, max_account_wait)
    wait = count_attempt(limits, now=now)
    delete_attempts(Attempts.objects.expired(now))
    return wait


@transaction.atomic
def count_attempt(limits: Mapping[str, Limit], *, now: datetime) -> timedelta | None:
    """Count an attempt for each key, or for none and return the wait where one must wait."""
    rows = Attempts.objects.lock(list(limits), now=now)
    waits = [row.refused_until - now for row in rows.values() if row.refused_until]
    if waits and (longest := max(waits)) > timedelta(0):
        return longest
    for key, row in rows.items():
        row.count = 1 + (row.count if row.expires_at > now else 0)
        wait = wait_after(row.count, limit=limits[key])
        row.refused_until = now + wait if wait else None
        row.expires_at = now + COUNT_LIFETIME
        row.save()
    return None


def wait_after(count: int, *, limit: Limit) -> timedelta | None:
    """Return how long the next attempt has to wait after `count` attempts."""
    if count < limit.attempts:
        return None
    return min(limit.max_wait, FIRST_WAIT * 2 ** min(count - limit.attempts, 20))


@transaction.atomic
def signed_in(
    username: str,
    address: str | None,
    *,
    known: str = "",
    attempts: int = 1,
    now: datetime,
) -> None:
    """Undo the count of successful attempts, and remember the address for the account.

    From a known address they were not counted for the account, nor in a `known` browser
    or session for anything else: those counts are others'.
    """
    keys = keys_of(username, address)
    own = key_of(username, known) if known else keys.origin
    rows = Attempts.objects.lock({own, *keys}, now=now)
    counted = set() if known else {keys.account, keys.address}
    if rows[keys.known_address].expires_at > now:
        counted.discard(keys.account)
    for key in counted:
        rows[key].count = max(0, rows[key].count - attempts)
        rows[key].refused_until = None
    rows[own].expires_at = now
    rows[keys.known_address].expires_at = now + KNOWN_ADDRESS_LIFETIME
    Attempts.objects.bulk_update(
        rows.values(), ["count", "refused_until", "expires_at"]
    )


def take_request(
    name: str, address: str | None, *, max_per_minute: int, now: datetime
) -> bool:
    """Count a request to an open endpoint; return whether the minute has room for it."""
    minute = now.strftime("%Y%m%d%H%M")
    key = digest("request", name, network_of(address), minute)
    with transaction.atomic():
        row = Attempts.objects.lock([key], now=now)[key]
        if row.count >= max_per_minute:
            return False
        row.count += 1
        row.expires_at = now + 2 * MINUTE
        row.save()
    if row.count == 1:
        delete_attempts(Attempts.objects.expired(now))
    return True


def take_once(name: str, value: str, *, now: datetime) -> bool:
    """Return whether a value is taken for the first time within `COUNT_LIFETIME`."""
    _row, is_first = Attempts.objects.get_or_create(
        key=digest("once", name, value),
        defaults={"last_at": now, "expires_at": now + COUNT_LIFETIME},
    )
    return is_first


@transaction.atomic
def delete_attempts(attempts: QuerySet) -> None:
    """Delete the first 1,000, except those that another transaction has locked."""
    some = attempts.select_for_update(skip_locked=True).values_list("pk", flat=True)
    Attempts.objects.filter(pk__in=list(some[:1000])).delete()


class Keys(NamedTuple):
    """The keys of the counts that an attempt to sign in belongs to."""

    origin: str
    """The account from the address."""
    account: str
    address: str
    known_address: str
    """That somebody has signed in to the account from the address."""


def keys_of(username: str, address: str | None) -> Keys:
    username, network = username.casefold(), network_of(address)
    return Keys(
        origin=digest("here", username, network),
        account=digest("account", username),
        address=digest("address", network),
        known_address=digest("known", username, network),
    )


def key_of(username: str, known: str) -> str:
    """Return the key of the count of a session or a browser that the account knows."""
    return digest("known to", username.casefold(), known)


def network_of(address: str | None) -> str:
    """Return the network that counts as one address: for IPv6, a customer's /64."""
    if address and ip_address(address).version == 6:
        return str(ip_network(f"{address}/64", strict=False))
    return address or ""


def digest(*parts: str) -> str:
    return hmac.digest(derive_key("attempts"), "\0".join(parts).encode(), sha256).hex()
