"""An undecided record: what an admin may say about it, and what follows."""

from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from appconnect.calls.crm.write import find_crm_record
from appconnect.calls.models import CallSession, CrmRecord, Step
from appconnect.calls.models.choices import Message, Sentence, SkipReason, StepName
from connector.registry import get_connector_class
from connector.types import MarkerSupport

Status = CrmRecord.Status


class Verdict(models.TextChoices):
    """What an admin may say about a call whose record may or may not be in the CRM."""

    LOOK_AGAIN = "LOOK_AGAIN", _("Check again")
    THERE = "THERE", _("It's there")
    NOT_THERE = "NOT_THERE", _("Not there, log it")
    LEAVE = "LEAVE", _("Dismiss")

    @classmethod
    def choices_for(cls, platform: str) -> list[tuple[str, str]]:
        """Return the choices for a CRM; some CRMs cannot be searched again."""
        marker_support = get_connector_class(platform).marker_support
        is_searchable = marker_support is not MarkerSupport.NONE
        return [c for c in cls.choices if is_searchable or c[0] != cls.LOOK_AGAIN]


@transaction.atomic
def decide_undecided(
    call: CallSession, verdict: Verdict, *, by: str, now: datetime
) -> bool:
    """Carry out the verdict about an undecided call of the person named `by`.

    Returns False, and changes nothing, when it was decided meanwhile, or when the call
    would have to be logged and its numbers were deleted.
    """
    call = CallSession.objects.lock(call.pk)
    crm_record = find_crm_record(call)
    if crm_record is None or not call.is_undecided:
        return False
    if not call.details and verdict in (Verdict.LOOK_AGAIN, Verdict.NOT_THERE):
        return False
    if crm_record.status == Status.LOGGED:  # it was found meanwhile
        call.advance(call.Status.WAITING_TO_LOG, at=now, now=now)
        return True
    match verdict:
        case Verdict.LOOK_AGAIN:
            message = Message(Sentence.LOOKED_AGAIN, {"by": by})
            step = Step(StepName.LOOKED_FOR_AGAIN, message)
            call.advance(call.Status.WAITING_TO_LOG, at=now, steps=[step], now=now)
        case Verdict.THERE:
            crm_record.move(Status.LOGGED)
            step = Step(StepName.LOGGED, Message(Sentence.FOUND_BY_ADMIN, {"by": by}))
            call.mark_logged(steps=[step], now=now)
        case Verdict.NOT_THERE:
            crm_record.move(Status.RESERVED)
            step = Step(
                StepName.NOT_THERE, Message(Sentence.NOT_FOUND_BY_ADMIN, {"by": by})
            )
            call.advance(call.Status.WAITING_TO_LOG, at=now, steps=[step], now=now)
        case Verdict.LEAVE:
            reason = SkipReason.LEFT_BY_ADMIN
            step = Step(StepName.SKIPPED, Message(reason))
            call.mark_skipped(reason, steps=[step], now=now)
    return True
