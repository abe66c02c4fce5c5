"""What can be wrong with an organization's logging."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

NUMBER = re.compile(r"\+?\d(?:[\s().-]*\d){6,}")


class Severity(models.TextChoices):
    STOPPED = "STOPPED", _("Stopped")
    DEGRADED = "DEGRADED", _("Degraded")


class ProblemKind(models.TextChoices):
    RINGCENTRAL_DISCONNECTED = (
        "RINGCENTRAL_DISCONNECTED",
        _("RingCentral must be connected again"),
    )
    CREDENTIALS_REJECTED = (
        "CREDENTIALS_REJECTED",
        _("The CRM refuses the credentials"),
    )
    CRM_NOT_ANSWERING = "CRM_NOT_ANSWERING", _("The CRM does not answer")
    WORKER_GONE = "WORKER_GONE", _("No worker is running")
    SUBSCRIPTION_FAILED = (
        "SUBSCRIPTION_FAILED",
        _("RingCentral does not notify this program of calls"),
    )
    SYNC_BEHIND = "SYNC_BEHIND", _("RingCentral's call log is not read")
    SILENCE = "SILENCE", _("Unusual silence")
    NOTHING_LOGGED = "NOTHING_LOGGED", _("Calls come in and none is logged")
    QUEUE_AGE = "QUEUE_AGE", _("Calls wait too long")
    NEEDS_ATTENTION = "NEEDS_ATTENTION", _("Calls need a person")
    ALERT_NOT_DELIVERED = "ALERT_NOT_DELIVERED", _("An alert could not be delivered")


class LoggingState(models.TextChoices):
    """How an organization's logging stands as a whole."""

    LOGGING = "LOGGING", _("Logging is on")
    TRIAL = "TRIAL", _("Trial")
    PAUSED = "PAUSED", _("Logging is paused")
    DELAYED = "DELAYED", _("Logging is delayed")
    STOPPED = "STOPPED", _("Logging has stopped")
    OFF = "OFF", _("Logging is off")


DELAYING = frozenset(
    {
        ProblemKind.SUBSCRIPTION_FAILED,
        ProblemKind.SYNC_BEHIND,
        ProblemKind.NOTHING_LOGGED,
        ProblemKind.QUEUE_AGE,
    }
)
"""The problems by which calls are logged late; the others delay no other call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong now; there is at most one of each kind.

    `sentence` says what is safe and what to do; it contains no caller's number. `page`
    is the URL name of the page where it is fixed, `count` the number of calls that wait.
    """

    kind: ProblemKind
    severity: Severity
    since: datetime | None
    sentence: str
    page: str
    count: int = 0


def without_numbers(text: str) -> str:
    """Return a text of another system without anything that may be a phone number."""
    return NUMBER.sub("…", text)


def counted(count: int) -> str:
    """Return a number of calls in words, such as “3 calls”."""
    calls = ngettext("%(count)s call", "%(count)s calls", count)
    return calls % {"count": f"{count:,}"}
