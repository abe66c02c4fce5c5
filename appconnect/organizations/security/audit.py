"""Who did what: one entry for each change, in the change's own transaction."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from django.http import HttpRequest

from appconnect.organizations.models import AuditEntry, Organization

REPLACED = "replaced"
"""What an entry says of a secret, before and after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who does something: a name for people, and the address it came from."""

    name: str
    address: str | None = None


PROGRAM = Actor(name="this program")


def actor_of(request: HttpRequest, name: str) -> Actor:
    """Return the actor behind a request.

    The server listens on loopback only: the last forwarded address is our own proxy's
    word, what stands before it is anybody's.
    """
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    try:
        address = ip_address(
            without_port(forwarded) or request.META.get("REMOTE_ADDR", "")
        )
    except ValueError:
        return Actor(name=name[:200])
    # As the database writes it, or the entry's digest would not fit what is read.
    address = getattr(address, "ipv4_mapped", None) or address
    return Actor(name=name[:200], address=str(address).partition("%")[0])


def without_port(forwarded: str) -> str:
    """Return a forwarded address without the port that some proxies add to it."""
    if forwarded.startswith("["):
        return forwarded[1:].partition("]")[0]
    return forwarded.partition(":")[0] if forwarded.count(":") == 1 else forwarded


def log(
    organization: Organization,
    action: AuditEntry.Action,
    *,
    actor: Actor,
    subject: str = "",
    changes: Iterable[Mapping[str, Any]] = (),
    now: datetime,
) -> AuditEntry:
    """Write one entry, after the change and in its transaction.

    `changes` has mappings with `field`, `before` and `after`, as people read them; a
    secret is `REPLACED`. No caller's number belongs here.
    """
    # One chain per organization: whoever comes second waits for the first.
    organization = organization.lock()
    previous = organization.audit_entries.first()
    entry = AuditEntry(
        organization=organization,
        at=now,
        actor=actor.name,
        address=actor.address,
        action=action,
        subject=subject[:200],
        changes=[dict(change) for change in changes],
        configuration_version=organization.configuration_version,
        previous_digest=previous.digest if previous else "",
    )
    entry.digest = digest_of(entry)
    entry.save(force_insert=True)
    return entry


def digest_of(entry: AuditEntry) -> str:
    """Return the digest of an entry's content, keyed: nobody else can make it."""
    content = [
        entry.at.isoformat(),
        entry.actor,
        entry.address,
        entry.action,
        entry.subject,
        entry.changes,
        entry.configuration_version,
        entry.previous_digest,
    ]
    return entry.organization.digest(f"audit:{json.dumps(content, sort_keys=True)}")


def differences(
    before: Mapping[str, Any], after: Mapping[str, Any], *, secrets: Iterable[str] = ()
) -> list[dict[str, Any]]:
    """Return what differs, for `log`: each field with what it was and what it is."""
    hidden = frozenset(secrets)
    return [
        {
            "field": name,
            "before": REPLACED if name in hidden else plain(before.get(name)),
            "after": REPLACED if name in hidden else plain(after.get(name)),
        }
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    ]


def plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    return value if isinstance(value, bool | int | list | None) else str(value)
