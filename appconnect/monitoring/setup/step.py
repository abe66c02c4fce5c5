"""One step of the set-up wizard."""

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
    """The steps in their order: each needs the ones before it.

    RingCentral notifies of calls only while logging is on: the test call comes last.
    """

    RINGCENTRAL = "ringcentral", _("RingCentral connected")
    CRM = "crm", _("CRM connected")
    USERS = "users", _("Users mapped")
    RULES = "rules", _("Rules chosen")
    SWITCHED_ON = "switched-on", _("Switched on")
    TEST_CALL = "test-call", _("Test call seen")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUpStep:
    """One step: its state, a sentence about it, and the page where it is done.

    `page` is a URL name, empty if there is nothing to do. Logging can be switched on
    without a step that is not required. `call` is the test call.
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
