"""What a step of the set-up is."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from appconnect.calls.models import CallSession


class StepState(models.TextChoices):
    DONE = "DONE", _("Done")
    TO_DO = "TO_DO", _("To do")
    WAITING = "WAITING", _("Waiting")
    FAILED = "FAILED", _("Failed")


class StepKey(models.TextChoices):
    """The steps, in the order in which each needs the ones before it.

    RingCentral tells of a call only while logging is on: the test call comes last.
    """

    RINGCENTRAL = "ringcentral", _("RingCentral connected")
    CRM = "crm", _("CRM connected")
    USERS = "users", _("Users mapped")
    RULES = "rules", _("Rules chosen")
    SWITCHED_ON = "switched-on", _("Switched on")
    TEST_CALL = "test-call", _("Test call seen")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUpStep:
    """One step: how it stands in one sentence, and the page where it is done.

    `page` names a URL; it is empty where there is nothing to do. Where a step is not
    required, logging can be switched on without it. `call` is the test call.
    """

    key: StepKey
    state: StepState
    sentence: str
    page: str = ""
    is_required: bool = True
    call: CallSession | None = None

    @property
    def is_done(self) -> bool:
        return self.state == StepState.DONE
