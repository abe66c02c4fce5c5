"""The text of an alert, and the same facts as JSON. It never contains a caller's number."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from appconnect.monitoring.models import AlertMessage
from appconnect.organizations.models import Organization

Event = AlertMessage.Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message: a subject, a text of several lines, and the facts for JSON."""

    subject: str
    text: str
    data: dict[str, Any] = field(default_factory=dict)


def compose(message: AlertMessage) -> Notice:
    """Return the notice of a message, from the present state of its alert."""
    alert = message.alert
    organization = alert.organization
    match message.event:
        case Event.OPENED:
            subject = "%(what)s"
        case Event.REMINDER:
            subject = _("Reminder: %(what)s")
        case Event.RESOLVED:
            subject = _("Resolved: %(what)s")
    values = {
        "what": alert.get_kind_display(),
        "noticed": local(alert.opened_at, organization),
        "over": local(alert.gone_since or alert.last_seen_at, organization),
        "page": settings.PUBLIC_URL + reverse(alert.page),
    }
    if message.event == Event.RESOLVED:
        text = _(
            "Resolved at %(over)s, first noticed %(noticed)s. Calls that were waiting "
            "for this are being logged.\n\n%(page)s"
        )
    else:
        text = "%(sentence)s\n\n" + _("First noticed %(noticed)s.\n%(page)s")
        values["sentence"] = alert.sentence
    return Notice(
        subject=f"[{organization.name}] {subject % values}",
        text=text % values,
        data={
            "event": message.event.lower(),
            "organization": organization.name,
            "kind": alert.kind,
            "severity": alert.severity,
            "sentence": alert.sentence,
            "count": alert.count,
            "opened_at": utc(alert.opened_at),
            "resolved_at": alert.resolved_at and utc(alert.resolved_at),
            "page": values["page"],
        },
    )


def compose_test(organization: Organization) -> Notice:
    return Notice(
        subject=f"[{organization.name}] " + _("Test"),
        text=_("This is a test alert. Everything is fine."),
        data={"event": "test", "organization": organization.name},
    )


def local(at: datetime, organization: Organization) -> str:
    here = at.astimezone(ZoneInfo(organization.time_zone))
    return date_format(here, pgettext("date format", "M j, Y, g:i A T"))


def utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
