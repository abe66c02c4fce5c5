"""The timeline of a call, and its attempts and legs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, zip_longest

from django.db.models import F
from django.utils.translation import gettext as _

from appconnect.calls.models import CallSession, TimelineEntry
from appconnect.calls.models.choices import StepName
from appconnect.console.calls.outcomes import mark_of, phase_of
from appconnect.console.shell.templatetags.times import duration
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

UNSENT = frozenset({Status.SKIPPED, Status.NEEDS_ATTENTION, Status.FAILED})
NOT_SENT = "NOT_SENT"
"""The line that says that no record was sent; it is not stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the timeline."""

    at: datetime | None
    after: str
    """How long after the line before; empty for less than a second."""
    step: str
    """A `StepName`, or a step that only a later release knows."""
    title: str
    text: str
    details: str = ""
    version: int | None = None
    made_by: AuditEntry | None = None
    """The change that made this version of the settings, if a person made it."""

    @property
    def state(self) -> str:
        return mark_of(self.step)[0]

    @property
    def icon(self) -> str:
        return mark_of(self.step)[1]


def tell_story(
    call: CallSession, entries: Sequence[TimelineEntry], *, crm: str
) -> list[Line]:
    """Return the call's timeline, with the change that made each settings version."""
    makers = makers_of({entry.configuration_version for entry in entries}, call)
    names = names_in(call, entries)
    lines = [received(call)]
    reserved: TimelineEntry | None = None
    for entry, following in zip_longest(entries, entries[1:]):
        if (
            entry.step == StepName.RESERVED
            and following
            and following.step == StepName.SENT
        ):
            reserved = entry  # a detail of the line that follows
            continue
        title, details = entry.get_step_display(), ""
        if entry.pk in names:
            title = f"{title}: {names[entry.pk]}"
        if entry.step == StepName.SENT and reserved:
            attempt = reserved.values.get("attempt", "")
            title = _("Sent, attempt %(attempt)s") % {"attempt": attempt}
            details, reserved = reserved.message.text(crm=crm), None
        lines.append(
            Line(
                at=entry.at,
                after=passed_text(entry.at - lines[-1].at),
                step=entry.step,
                title=title,
                text=entry.message.text(crm=crm),
                details=details,
                version=entry.configuration_version,
                made_by=makers.get(entry.configuration_version),
            )
        )
    if call.status in UNSENT and phase_of(lines[-1].step) != phase_of(NOT_SENT):
        text = _("Nothing was written to %(crm)s.") % {"crm": crm}
        lines.append(
            Line(at=None, after="", step=NOT_SENT, title=_("Not sent"), text=text)
        )
    return lines


def received(call: CallSession) -> Line:
    if call.was_recovered:
        source = _("Found in RingCentral's call log.")
    else:
        source = _("RingCentral notified us of the call.")
    step = StepName.RECEIVED
    return Line(
        at=call.received_at, after="", step=step, title=str(step.label), text=source
    )


def names_in(call: CallSession, entries: Sequence[TimelineEntry]) -> dict[int, str]:
    """Return the names of the contact and the owner by the keys of the last lines of each.

    They are not in the lines themselves: those are kept longer than names are.
    """
    record = call.crm_record
    names = {
        StepName.CONTACT: call.logged_contact_name,
        StepName.OWNER: record.owner_name if record else "",
    }
    last = {entry.step: entry.pk for entry in entries}
    return {last[step]: name for step, name in names.items() if name and step in last}


def passed_text(passed: timedelta) -> str:
    return f"+{duration(passed)}" if passed >= timedelta(seconds=1) else ""


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
    """Return the call's parties, each with its `extension`, None for the other party."""
    parties = list(call.parties.order_by(F("extension_id").desc(), "party_id"))
    organization.extensions.attach_to(parties)
    return parties
