"""What became of a call, in a title and a sentence at the top of its page."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appconnect.calls.models import CallSession, TimelineEntry
from appconnect.calls.models.choices import Sentence, SkipReason, StepName
from appconnect.console.attention.fixes import WORDS
from appconnect.console.calls.outcomes import Outlook
from appconnect.console.shell.templatetags.times import ago, day_clock

Status = CallSession.Status
WAITS = frozenset({StepName.NOT_LOGGED_YET, StepName.NO_CLEAR_ANSWER})
"""The steps after which a call waits for its next attempt."""


class Headline(NamedTuple):
    """`state` is the stylesheet's, where it is not that of the call's badge."""

    title: str
    text: str
    state: str = ""


def headline(
    call: CallSession, entries: Sequence[TimelineEntry], outlook: Outlook
) -> Headline:
    """Return the outcome of a call, after `describe`, and its reason.

    That of a logged call follows its record; that of a call which waits after an attempt
    says how that ended.
    """
    crm = outlook.crm
    match call.status:
        case Status.LOGGED:
            return logged(call, entries, crm)
        case Status.SKIPPED if call.reason == SkipReason.LEFT_BY_ADMIN:
            return Headline(_("Dismissed"), _("The call stays unlogged."))
        case Status.SKIPPED:
            title = _("Skipped: %(why)s") % {"why": call.get_reason_display()}
            return Headline(title, _("Nothing was written to %(crm)s.") % {"crm": crm})
        case Status.NEEDS_ATTENTION | Status.FAILED:
            return held(call, entries, crm)
        case Status.CALLING:
            return Headline(call.badge.label, _("The call is still going on."))
        case Status.WAITING_FOR_RECORD:
            text = _("The call ended. Waiting for RingCentral's call log.")
            return Headline(call.badge.label, text)
    return queued(call, entries, outlook)


def logged(call: CallSession, entries: Sequence[TimelineEntry], crm: str) -> Headline:
    record = call.crm_record
    deleted = [entry for entry in entries if entry.step == StepName.DELETED]
    if deleted and record:
        text = format_html(
            _("Record {id} was deleted, noticed {at}. It isn't written again."),
            id=record.record_id,
            at=ago(deleted[-1].at),
        )
        title = _("Deleted in %(crm)s") % {"crm": record.crm_name}
        return Headline(title, text, state="warn")
    if record is None or record.logged_at is None:
        found = [e for e in entries if e.sentence == Sentence.FOUND_BY_ADMIN]
        text = found[-1].message.text(crm=crm) if found else ""
        return Headline(_("Logged"), text)
    names = {"crm": record.crm_name, "id": record.record_id}
    return Headline(_("Logged to %(crm)s as %(id)s") % names, logged_for(call))


def logged_for(call: CallSession) -> str:
    """Return for whom a record was written, on which contact, and how soon."""
    record, parts = call.crm_record, []
    if record.owner_name:
        parts.append(_("For %(owner)s") % {"owner": record.owner_name})
    if call.logged_contact_name:
        parts.append(
            _("on contact %(contact)s") % {"contact": call.logged_contact_name}
        )
    if call.duration_seconds is not None:
        ended_at = call.started_at + timedelta(seconds=call.duration_seconds)
        passed = duration(max(record.logged_at - ended_at, timedelta()))
        parts.append(_("%(passed)s after the call ended") % {"passed": passed})
    text = ", ".join(parts)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def held(call: CallSession, entries: Sequence[TimelineEntry], crm: str) -> Headline:
    """Return the reason, and what the CRM answered or else what helps."""
    reason = call.get_reason_display()
    if call.waits_for_choice and not call.contact_candidates:
        text = _("The contacts aren't known yet. Retry the call first.")
        return Headline(reason, text)
    last = entries[-1].message if entries else None
    if last and last.key != call.reason:
        return Headline(reason, last.text(crm=crm))
    words = WORDS.get(call.reason)
    return Headline(reason, str(words.advice) % {"crm": crm} if words else "")


def queued(
    call: CallSession, entries: Sequence[TimelineEntry], outlook: Outlook
) -> Headline:
    """Return what a call waits for that is ready to be logged, and until when."""
    names = {"crm": outlook.crm}
    if outlook.is_paused:
        text = _("The call is held until logging resumes. It isn't lost.")
        return Headline(_("Logging is paused"), text)
    if outlook.circuit and outlook.circuit.rejected_at:
        text = _("The call is logged after you reconnect. It isn't lost.")
        return Headline(_("%(crm)s rejected the password") % names, text)
    if outlook.circuit:
        text = next_try(call, _("The call is logged when it's back. It isn't lost."))
        return Headline(_("%(crm)s isn't responding") % names, text)
    if entries and entries[-1].step in WAITS:
        why = entries[-1].message.text(crm=outlook.crm)
        return Headline(_("Not logged yet"), next_try(call, why))
    return Headline(call.badge.label, _("Logged within seconds."))


def next_try(call: CallSession, sentence: str) -> SafeString:
    if call.next_attempt_at is None:
        return format_html("{}", sentence)
    at = day_clock(call.next_attempt_at)
    return format_html(_("{sentence} Next try: {at}."), sentence=sentence, at=at)


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
