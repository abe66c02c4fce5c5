"""The story of a call for its page: the outcome in a sentence, and the timeline."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.db.models import F
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appconnect.calls.models import CallSession, TimelineEntry
from appconnect.calls.models.choices import StepName
from appconnect.console.calls.outcomes import mark_of, phase_of
from appconnect.console.shell.templatetags.times import ago
from appconnect.console.shell.templatetags.times import duration as short_duration
from appconnect.organizations.models import AuditEntry, Organization

Status = CallSession.Status
ATTEMPT_ENDS = frozenset(
    {
        StepName.LOGGED,
        StepName.FOUND,
        StepName.SKIPPED,
        StepName.NEEDS_ATTENTION,
        StepName.NOT_LOGGED_YET,
        StepName.NO_CLEAR_ANSWER,
        StepName.GAVE_UP,
        StepName.INTERNAL_ERROR,
    }
)
"""The steps that end an attempt to log the call."""

WAITS = frozenset({StepName.NOT_LOGGED_YET, StepName.NO_CLEAR_ANSWER})
"""The steps after which a call waits for its next attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the timeline."""

    at: datetime
    after: str
    """How long after the line before; empty for less than a second."""
    step: str
    """A `StepName`, or a step that only a later release knows."""
    title: str
    text: str
    version: int | None = None
    made_by: AuditEntry | None = None
    """The change that made this version of the settings, if a person made it."""

    @property
    def state(self) -> str:
        return mark_of(self.step)[0]

    @property
    def icon(self) -> str:
        return mark_of(self.step)[1]


def headline(call: CallSession, entries: Sequence[TimelineEntry]) -> str:
    """Return the outcome of the call and its reason, in one sentence.

    That of a logged call follows its record; that of a call which waits after an attempt
    says how that ended.
    """
    match call.status:
        case Status.LOGGED:
            deleted = [entry for entry in entries if entry.step == StepName.DELETED]
            if deleted and call.crm_record:
                return deleted_sentence(call, deleted[-1])
            return logged_sentence(call)
        case Status.WAITING_TO_LOG if entries and entries[-1].step in WAITS:
            values = {"why": entries[-1].text}
            return _("Not logged yet. Will retry: %(why)s") % values
        case Status.SKIPPED:
            return _("Skipped: %(why)s") % {"why": call.get_reason_display()}
        case Status.NEEDS_ATTENTION:
            return _("Needs attention: %(why)s") % {"why": call.get_reason_display()}
        case Status.FAILED:
            return _("Failed: %(why)s") % {"why": call.get_reason_display()}
        case Status.CALLING:
            return _("The call goes on; it is logged after its end.")
        case Status.WAITING_FOR_RECORD:
            return _("The call has ended; RingCentral is asked what it was.")
    return _("The call is about to be logged.")


def deleted_sentence(call: CallSession, entry: TimelineEntry) -> str:
    record = call.crm_record
    return format_html(
        _(
            "Record {id} was deleted in {crm}, noticed {at}. No other record is written."
        ),
        crm=record.crm_name,
        id=record.record_id,
        at=ago(entry.at),
    )


def logged_sentence(call: CallSession) -> str:
    record = call.crm_record
    if record is None or record.logged_at is None:
        return _("Logged: a person found the record in the CRM.")
    facts = {
        "crm": record.crm_name,
        "id": record.record_id,
        "owner": record.owner_name,
    }
    if record.owner_name:
        sentence = format_html(_("Logged to {crm} as {id} for {owner}"), **facts)
    else:
        sentence = format_html(_("Logged to {crm} as {id}"), **facts)
    if call.duration_seconds is None:
        return format_html("{}.", sentence)
    ended_at = call.started_at + timedelta(seconds=call.duration_seconds)
    passed = duration(max(record.logged_at - ended_at, timedelta()))
    return format_html(
        _("{sentence}, {passed} after the call ended."),
        sentence=sentence,
        passed=passed,
    )


def duration(passed: timedelta) -> str:
    """Return a duration in words, in the largest unit of which there are two."""
    seconds = passed.total_seconds()
    if seconds < 1:
        return _("less than a second")
    for size, unit in (
        (1, lambda n: ngettext("%(n)d second", "%(n)d seconds", n)),
        (60, lambda n: ngettext("%(n)d minute", "%(n)d minutes", n)),
        (3600, lambda n: ngettext("%(n)d hour", "%(n)d hours", n)),
        (86400, lambda n: ngettext("%(n)d day", "%(n)d days", n)),
    ):
        if seconds >= 2 * size or size == 1:
            count = int(seconds // size)
            text = unit(count) % {"n": count}
    return text


def tell_story(call: CallSession, entries: Iterable[TimelineEntry]) -> list[Line]:
    """Return the call's timeline, with the change that made each settings version."""
    entries = list(entries)
    makers = makers_of({entry.configuration_version for entry in entries}, call)
    if call.was_recovered:
        source = _("The call was found in RingCentral's call log.")
    else:
        source = _("RingCentral told of the call.")
    received = StepName.RECEIVED
    lines = [
        Line(
            at=call.received_at,
            after="",
            step=received,
            title=received.label,
            text=source,
        )
    ]
    for entry in entries:
        lines.append(
            Line(
                at=entry.at,
                after=passed_text(entry.at - lines[-1].at),
                step=entry.step,
                title=entry.get_step_display(),
                text=entry.text,
                version=entry.configuration_version,
                made_by=makers.get(entry.configuration_version),
            )
        )
    return lines


def passed_text(passed: timedelta) -> str:
    return f"+{short_duration(passed)}" if passed >= timedelta(seconds=1) else ""


def phases_of(lines: Iterable[Line]) -> list[dict]:
    """Return the lines in groups, one for each phase that the call went through."""
    return [
        {"label": label, "lines": list(group)}
        for label, group in groupby(lines, key=lambda line: phase_of(line.step))
    ]


def makers_of(versions: set[int], call: CallSession) -> dict[int, AuditEntry]:
    """Return the audit entry of each settings version that a person made."""
    entries = call.organization.audit_entries.filter(
        configuration_version__in=versions, action__in=AuditEntry.CONFIGURING
    )
    # The oldest entry of a version made it; later ones were written while it was in force.
    return {entry.configuration_version: entry for entry in entries.order_by("-pk")}


def attempts(lines: Iterable[Line]) -> list[Line]:
    """Return the outcome of each attempt to log the call."""
    return [line for line in lines if line.step in ATTEMPT_ENDS]


def legs(organization: Organization, call: CallSession) -> list:
    """Return the call's parties, each with its `extension`, None for the other side."""
    parties = list(call.parties.order_by(F("extension_id").desc(), "party_id"))
    ids = {party.extension_id for party in parties}
    extensions = organization.extensions.filter(extension_id__in=ids)
    by_id = {extension.extension_id: extension for extension in extensions}
    for party in parties:
        party.extension = by_id.get(party.extension_id)
    return parties
