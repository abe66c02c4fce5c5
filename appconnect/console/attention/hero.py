"""The sentences at the top of the overview: how logging stands, and what to do."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appconnect.calls.models.choices import CallStatus
from appconnect.console.shell.templatetags.people import number
from appconnect.console.shell.templatetags.times import ago, duration, since
from appconnect.monitoring.models.problems import LoggingState, ProblemKind
from appconnect.monitoring.setup.wizard import count_extensions
from appconnect.monitoring.status.overview import Overview
from appconnect.organizations.models import (
    AuditEntry,
    Member,
    Organization,
    ServerLoggingSettings,
)

State = LoggingState
LOOKS = {
    State.LOGGING: ("ok", "ok"),
    State.TRIAL: ("info", "person"),
    State.PAUSED: ("off", "pause"),
    State.DELAYED: ("warn", "alert"),
    State.STOPPED: ("bad", "cross"),
    State.OFF: ("off", "minus"),
}
"""The stylesheet's state, and the icon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hero:
    """`page` is the URL name of the page that helps, `action` what its link says."""

    state: str
    icon: str
    title: str
    text: str
    meta: str = ""
    page: str = ""
    action: str = ""


def make_hero(
    overview: Overview, settings: ServerLoggingSettings, member: Member, *, paused: int
) -> Hero:
    """Return how logging stands; a pause holds `paused` calls."""
    organization, status = settings.organization, overview.status
    look, icon = LOOKS[status.state]
    title = str(status.state.label)
    meta = page = action = ""
    match status.state:
        case State.LOGGING:
            text = logging_text(overview, organization, settings)
            meta = logging_meta(overview)
        case State.TRIAL:
            title, text = trial_text(organization, member)
        case State.PAUSED:
            text = paused_text(organization, status.since, paused)
        case State.OFF:
            text = _("No calls are logged until you turn it on.")
            page, action = "console:set-up", _("Finish setup")
        case _:
            text = status.cause.sentence
            meta = since_text(status.since)
            page, action = (
                status.cause.page,
                action_for(status.cause.kind, organization),
            )
    return Hero(
        state=look,
        icon=icon,
        title=title,
        text=text,
        meta=meta,
        page=page,
        action=action,
    )


def logging_text(
    overview: Overview, organization: Organization, settings: ServerLoggingSettings
) -> SafeString:
    extensions = count_extensions(organization, settings)
    where = ngettext(
        "Calls from %(count)s extension are logged to %(crm)s.",
        "Calls from %(count)s extensions are logged to %(crm)s.",
        extensions,
    ) % {"count": number(extensions), "crm": organization.declared.display_name}
    return format_html("{} {}", where, last_text(overview))


def last_text(overview: Overview) -> str:
    counts = overview.counts
    if counts is None:
        return ""
    if counts.last_received_at is None:
        return _("No calls yet. Make a test call; it shows up here within a minute.")
    if counts.last_logged_at is None:
        return _("No calls logged yet.")
    return format_html(
        _("The last one was logged {ago}."), ago=ago(counts.last_logged_at)
    )


def logging_meta(overview: Overview) -> SafeString:
    parts = [on_since_text(overview.status.since)]
    if overview.median_delay is not None:
        delay = duration(overview.median_delay)
        parts.append(_("median %(delay)s from hang-up to record") % {"delay": delay})
    return format_html("{}" + " · {}" * (len(parts) - 1), *parts)


def on_since_text(at: datetime | None) -> SafeString:
    return format_html(_("On since {at}"), at=since(at)) if at else _("On")


def since_text(at: datetime | None) -> SafeString | str:
    return format_html(_("Since {at}"), at=since(at)) if at else ""


def trial_text(organization: Organization, member: Member) -> tuple[str, str]:
    connection = organization.ringcentral_connection
    who = str(connection.owner or connection.extension_id)
    if connection.extension_id == member.extension_id:
        title = _("Trial: only your calls are logged")
    else:
        title = _("Trial: only calls of %(who)s are logged") % {"who": who}
    logged = organization.calls.filter(
        status=CallStatus.LOGGED, extension_id=connection.extension_id
    ).count()
    counted = ngettext(
        "%(count)s call logged so far.", "%(count)s calls logged so far.", logged
    ) % {"count": number(logged)}
    return title, f"{who}. {counted}"


def paused_text(
    organization: Organization, at: datetime | None, held: int
) -> SafeString:
    kept = ngettext(
        "%(count)s call is held; none are lost.",
        "%(count)s calls are held; none are lost.",
        held,
    ) % {"count": number(held)}
    entry = organization.audit_entries.filter(
        action=AuditEntry.Action.LOGGING_PAUSED
    ).first()
    if entry is None:
        return format_html(_("Since {at}. {kept}"), at=since(at), kept=kept)
    return format_html(
        _("By {who}, {at}. {kept}"), who=entry.actor, at=since(at), kept=kept
    )


def action_for(kind: ProblemKind, organization: Organization) -> str:
    """Return what the link from a problem to its page says."""
    match kind:
        case ProblemKind.RINGCENTRAL_DISCONNECTED:
            return _("Reconnect RingCentral")
        case ProblemKind.CREDENTIALS_REJECTED:
            crm = organization.declared.display_name
            return _("Reconnect %(crm)s") % {"crm": crm}
        case (
            ProblemKind.CRM_NOT_ANSWERING
            | ProblemKind.QUEUE_AGE
            | ProblemKind.WORKER_GONE
        ):
            return _("Review calls")
        case ProblemKind.NOTHING_LOGGED:
            return _("Check settings")
        case ProblemKind.ALERT_NOT_DELIVERED:
            return _("Check alerts")
    return _("Check connection")
