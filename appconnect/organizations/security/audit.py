"""The audit log: one entry for each change, in the change's own transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from appconnect.organizations.models import AuditEntry, Organization
from appconnect.organizations.security.client_address import client_address

REPLACED = "replaced"
"""Stands for a secret in an entry, before and after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who makes a change: a name for people, and the network address it came from."""

    name: str
    address: str | None = None


PROGRAM = Actor(name="this program")


def actor_of(request: HttpRequest, name: str) -> Actor:
    """Return the actor behind a request."""
    return Actor(name=name[:200], address=client_address(request))


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

    `changes` are mappings with `field`, `before` and `after`, as people read them; a
    secret is `REPLACED`. Phone numbers of callers must not be in it.
    """
    versions = Organization.objects.values_list("configuration_version", flat=True)
    return AuditEntry.objects.create(
        organization=organization,
        at=now,
        actor=actor.name,
        address=actor.address,
        action=action,
        subject=subject[:200],
        changes=[dict(change) for change in changes],
        configuration_version=versions.get(pk=organization.pk),
    )


def differences(
    before: Mapping[str, Any], after: Mapping[str, Any], *, secrets: Iterable[str] = ()
) -> list[dict[str, Any]]:
    """Return the fields that differ, as `log` takes them."""
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
