"""The actions on a call, by its state and the person's role."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appconnect.calls.actions.calls import number_to_exclude
from appconnect.calls.crm.resolve_unknown import Verdict
from appconnect.calls.models import CallSession
from appconnect.calls.models.choices import IN_PROGRESS
from appconnect.calls.models.timing import LEASE
from appconnect.organizations.models import Member

Role = Member.Role
Status = CallSession.Status


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAction:
    """An action on a call; `why_not` says why it is not possible now."""

    name: str
    label: str
    why_not: str = ""


def actions_for(
    call: CallSession, member: Member, *, now: datetime
) -> list[CallAction]:
    """Return the actions for a call in this state, the most likely first."""
    actions = [*choices_for(call), *retries_for(call, now=now)]
    if call.is_held and not call.is_undecided:
        actions.append(CallAction(name="leave", label=_("Dismiss")))
    checked = [check_role(action, member, Role.OPERATOR) for action in actions]
    if call.details:
        show = CallAction(name="show-number", label=_("Show number"))
        checked.append(check_role(show, member, Role.OPERATOR))
        checked.append(check_role(do_not_log(call), member, Role.ADMIN))
    return checked


def choices_for(call: CallSession) -> list[CallAction]:
    """Return the actions that decide what only a person can decide."""
    crm = call.organization.declared.display_name
    if call.is_undecided:
        can_search = Verdict.LOOK_AGAIN.value in dict(
            Verdict.choices_for(call.organization.platform)
        )
        why_not = (
            ""
            if can_search
            else _("%(crm)s can't be searched for records.") % {"crm": crm}
        )
        decide = CallAction(
            name="decide", label=_("Is this call in %(crm)s?") % {"crm": crm}
        )
        if not call.details:
            why_not = _("Details of this call were removed.")
        look = CallAction(
            name="look-up", label=_("Check %(crm)s") % {"crm": crm}, why_not=why_not
        )
        return [look, decide] if why_not else [decide]
    if call.waits_for_choice and call.contact_candidates:
        count = len(call.contact_candidates)
        label = ngettext(
            "%(count)d contact in %(crm)s has this number",
            "%(count)d contacts in %(crm)s have this number",
            count,
        ) % {"count": count, "crm": crm}
        return [CallAction(name="choose-contact", label=label)]
    return []


def retries_for(call: CallSession, *, now: datetime) -> list[CallAction]:
    """Return the action that retries the call; none while a person must decide first."""
    is_skipped = call.status == Status.SKIPPED and call.details
    if (call.is_held or is_skipped) and not call.is_undecided:
        return [CallAction(name="try-again", label=_("Retry"))]
    if call.status in IN_PROGRESS:
        why_not = why_not_now(call, now)
        return [CallAction(name="try-again", label=_("Log now"), why_not=why_not)]
    return []


def why_not_now(call: CallSession, now: datetime) -> str:
    """Return why a call in progress cannot be logged now; empty if it can."""
    if call.status == Status.CALLING:
        return _("Available when the call has ended.")
    if call.status == Status.WAITING_FOR_RECORD:
        return _("Available when RingCentral's call log has the call.")
    if call.next_attempt_at is None or call.next_attempt_at <= now + LEASE:
        return _("Retries automatically in a few minutes.")
    return ""


def do_not_log(call: CallSession) -> CallAction:
    why_not = ""
    if call.status in IN_PROGRESS:
        why_not = _("Available when the call is finished.")
    elif number_to_exclude(call) is None:
        why_not = _("The caller ID is withheld or incomplete.")
    label = _("Never log this number")
    return CallAction(name="do-not-log", label=label, why_not=why_not)


def check_role(action: CallAction, member: Member, role: Role) -> CallAction:
    """Return the action, or one that names the role that the person lacks."""
    if member.may(role):
        return action
    why_not = _("You need the %(role)s role.") % {"role": role.label}
    return CallAction(name=action.name, label=action.label, why_not=why_not)
