"""How a call and its outcome are shown: icons, badges, and the other party."""

from dataclasses import dataclass, field

from django.utils import timezone
from django.utils.translation import gettext as _

from appconnect.calls.models import CallSession, CrmCircuit
from appconnect.calls.models.choices import IN_PROGRESS, StepName
from appconnect.console.shell.templatetags.calls import other_side
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.models import Organization

Status = CallSession.Status

CALL_STEPS = frozenset(
    {StepName.RECEIVED, StepName.RECOVERED, StepName.ENDED, StepName.RECORD}
)
DECISION_STEPS = frozenset(
    {
        StepName.ELIGIBLE,
        StepName.CONTACT,
        StepName.CONTACT_CHOSEN,
        StepName.OWNER,
        StepName.CREDENTIALS,
        StepName.SKIPPED,
        StepName.NEEDS_ATTENTION,
        StepName.TRIED_AGAIN,
        StepName.NOT_TRIED_AGAIN,
    }
)
MARKS = {
    StepName.RECEIVED: ("off", "phone"),
    StepName.RECOVERED: ("off", "phone"),
    StepName.ENDED: ("off", "check"),
    StepName.ELIGIBLE: ("ok", "rules"),
    StepName.CONTACT: ("ok", "people"),
    StepName.CONTACT_CHOSEN: ("ok", "people"),
    StepName.CONTACT_CREATED: ("ok", "people"),
    StepName.OWNER: ("ok", "person"),
    StepName.CREDENTIALS: ("ok", "lock"),
    StepName.RESERVED: ("off", "lock"),
    StepName.SENT: ("off", "upload"),
    StepName.LOGGED: ("ok", "check"),
    StepName.FOUND: ("ok", "check"),
    StepName.NOT_FOUND: ("off", "search"),
    StepName.SKIPPED: ("off", "minus"),
    StepName.NEEDS_ATTENTION: ("warn", "warning"),
    StepName.NOT_LOGGED_YET: ("warn", "clock"),
    StepName.NO_CLEAR_ANSWER: ("warn", "question"),
    StepName.INTERNAL_ERROR: ("bad", "cross"),
    StepName.GAVE_UP: ("bad", "cross"),
    StepName.FAILED: ("bad", "cross"),
    StepName.TRIED_AGAIN: ("info", "retry"),
    StepName.UPDATED: ("ok", "link"),
    StepName.DELETED: ("warn", "warning"),
    "NOT_SENT": ("off", "minus"),
}
"""The state and the icon of the steps in a timeline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """A call's state: `state` is the stylesheet's, `note` the reason below it."""

    state: str
    label: str
    note: str = field(default="", repr=False)
    icon: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What calls wait for that are ready to be logged."""

    crm: str
    is_paused: bool
    circuit: CrmCircuit | None
    """To the CRM, where it is open."""

    @classmethod
    def of(cls, organization: Organization) -> "Outlook":
        return cls(
            crm=organization.declared.display_name,
            is_paused=get_settings(organization).paused_at is not None,
            circuit=CrmCircuit.objects.find_open(organization, now=timezone.now()),
        )


def describe(call: CallSession, outlook: Outlook) -> None:
    """Set what the pages show of a call: `badge`, `party`, `number` and `direction_icon`."""
    call.badge = badge_of(call, outlook)
    call.direction_icon = "outbound" if call.direction == "Outbound" else "inbound"
    call.number = other_side(call)
    call.party = other_party(call)


def badge_of(call: CallSession, outlook: Outlook) -> Badge:
    reason = call.get_reason_display() if call.reason else ""
    match call.status:
        case Status.LOGGED:
            return Badge(state="ok", label=_("Logged"))
        case Status.SKIPPED:
            return Badge(state="off", label=_("Skipped"), note=reason)
        case Status.NEEDS_ATTENTION if call.is_undecided:
            note = _("Sent to %(crm)s, no answer") % {"crm": outlook.crm}
            return Badge(state="warn", label=_("Outcome unknown"), note=note)
        case Status.NEEDS_ATTENTION:
            return Badge(state="warn", label=_("Needs attention"), note=reason)
        case Status.FAILED:
            return Badge(state="bad", label=_("Failed"), note=reason)
        case Status.CALLING:
            return Badge(state="info", label=_("On call"), icon="phone")
        case Status.WAITING_FOR_RECORD:
            return Badge(state="info", label=_("Waiting for call log"))
    if outlook.is_paused:
        return Badge(state="off", label=_("Paused"), icon="pause")
    if outlook.circuit:
        label = _("Waiting for %(crm)s") % {"crm": outlook.crm}
        return Badge(state="info", label=label)
    return Badge(state="info", label=_("Queued"))


def other_party(call: CallSession) -> str:
    """Return who was called or calls, as far as it is known."""
    if call.logged_contact_name:
        return call.logged_contact_name
    if call.waits_for_choice and call.contact_candidates:
        count = len(call.contact_candidates)
        return _("%(count)d possible contacts") % {"count": count}
    if not call.details:
        in_progress = call.status in (Status.CALLING, Status.WAITING_FOR_RECORD)
        return _("Call in progress") if in_progress else _("Details removed")
    if not call.number:
        return _("Caller ID withheld")
    party = call.call_facts.contact_party
    if party.is_extension and party.name:
        return party.name
    is_out = call.direction == "Outbound"
    return _("Unknown number") if is_out else _("Unknown caller")


def title_of(call: CallSession) -> str:
    """Return the title of a call's page, after `describe`: its direction and the other party.

    A party that is withheld or forgotten is not in it; the facts below say so.
    """
    if call.direction and not call.number and not call.logged_contact_name:
        is_out = call.direction == "Outbound"
        return _("Outbound call") if is_out else _("Inbound call")
    unknown = (_("Unknown caller"), _("Unknown number"))
    who = call.number if call.number and call.party in unknown else call.party
    if call.direction == "Outbound":
        return _("Outbound call to %(who)s") % {"who": who}
    if call.direction == "Inbound":
        return _("Inbound call from %(who)s") % {"who": who}
    return who if call.status in IN_PROGRESS else _("Call without details")


def phase_of(step: str) -> str:
    """Return the heading under which a step stands in the timeline."""
    if step in CALL_STEPS:
        return _("Call")
    return _("Decision") if step in DECISION_STEPS else _("CRM record")


def mark_of(step: str) -> tuple[str, str]:
    """Return the state and the icon of a step's mark in the timeline."""
    return MARKS.get(step, ("off", "list"))
