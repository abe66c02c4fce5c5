"""The states of a call."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CallStatus(models.TextChoices):
    """Where a call is on its way; the last four are its visible ends."""

    CALLING = "CALLING", _("On the phone")
    WAITING_FOR_RECORD = "WAITING_FOR_RECORD", _("Waiting for RingCentral")
    WAITING_TO_LOG = "WAITING_TO_LOG", _("Waiting to be logged")
    LOGGED = "LOGGED", _("Logged")
    SKIPPED = "SKIPPED", _("Skipped")
    NEEDS_ATTENTION = "NEEDS_ATTENTION", _("Needs attention")
    FAILED = "FAILED", _("Failed")


IN_PROGRESS = (
    CallStatus.CALLING,
    CallStatus.WAITING_FOR_RECORD,
    CallStatus.WAITING_TO_LOG,
)
HELD = (CallStatus.NEEDS_ATTENTION, CallStatus.FAILED)
"""Ended unlogged, and a person may have it tried again."""
