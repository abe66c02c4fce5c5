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
    """The steps in their order, each named as a task: it needs the ones before it.

    RingCentral notifies of calls only while logging is on: the test call comes last.
    """

    RINGCENTRAL = "ringcentral", _("Connect RingCentral")
    CRM = "crm", _("Connect your CRM")
    USERS = "users", _("Map users")
    RULES = "rules", _("Choose rules")
    SWITCHED_ON = "switched-on", _("Turn on logging")
    TEST_CALL = "test-call", _("Make a test call")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUpStep:
    """One step: its state, a sentence about it, and the page where it is done.

    `page` is a URL name, empty if there is nothing to do there; `action` is the text of
    the link to it, where it says more than the task. `call` is the test call.
    """

    key: StepKey
    state: StepState
    sentence: str
    page: str = ""
    action: str = ""
    call: CallSession | None = None

    @property
    def is_done(self) -> bool:
        return self.state == StepState.DONE
