"""What can be wrong with an organization's logging."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

NUMBER = re.compile(r"\+?\d(?:[\s().-]*\d){6,}")


class Severity(models.TextChoices):
    STOPPED = "STOPPED", _("Stopped")
    DEGRADED = "DEGRADED", _("Degraded")


class ProblemKind(models.TextChoices):
    RINGCENTRAL_DISCONNECTED = (
        "RINGCENTRAL_DISCONNECTED",
        _("RingCentral disconnected"),
    )
    CREDENTIALS_REJECTED = (
        "CREDENTIALS_REJECTED",
        _("CRM password rejected"),
    )
    CRM_NOT_ANSWERING = "CRM_NOT_ANSWERING", _("CRM not responding")
    WORKER_GONE = "WORKER_GONE", _("No worker is running")
    SUBSCRIPTION_FAILED = (
        "SUBSCRIPTION_FAILED",
        _("Call notifications down"),
    )
    SYNC_BEHIND = "SYNC_BEHIND", _("Call log sync behind")
    SILENCE = "SILENCE", _("Unusually quiet")
    NOTHING_LOGGED = "NOTHING_LOGGED", _("Calls arrive, none are logged")
    QUEUE_AGE = "QUEUE_AGE", _("Queue delayed")
    NEEDS_ATTENTION = "NEEDS_ATTENTION", _("Calls need attention")
    ALERT_NOT_DELIVERED = "ALERT_NOT_DELIVERED", _("Alert not delivered")


class LoggingState(models.TextChoices):
    """How an organization's logging stands as a whole."""

    LOGGING = "LOGGING", _("Logging is on")
    TRIAL = "TRIAL", _("Trial")
    PAUSED = "PAUSED", _("Logging is paused")
    DELAYED = "DELAYED", _("Logging is delayed")
    STOPPED = "STOPPED", _("Logging has stopped")
    OFF = "OFF", _("Logging is off")


STOPPING = frozenset(
    {
        ProblemKind.RINGCENTRAL_DISCONNECTED,
        ProblemKind.CREDENTIALS_REJECTED,
        ProblemKind.CRM_NOT_ANSWERING,
        ProblemKind.WORKER_GONE,
    }
)
"""The problems by which no call is logged."""

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
    since: datetime | None
    sentence: str
    page: str
    count: int = 0

    @property
    def severity(self) -> Severity:
        return Severity.STOPPED if self.kind in STOPPING else Severity.DEGRADED


def without_numbers(text: str) -> str:
    """Return a text of another system without anything that may be a phone number."""
    return NUMBER.sub("…", text)


def counted(count: int) -> str:
    """Return a number of calls in words, such as “3 calls”."""
    calls = ngettext("%(count)s call", "%(count)s calls", count)
    return calls % {"count": number_format(count, force_grouping=True)}
