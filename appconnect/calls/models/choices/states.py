"""The states of a call, and the reasons that it may have for one."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CallStatus(models.TextChoices):
    """The state of a call; the last four are its visible ends."""

    CALLING = "CALLING", _("On call")
    WAITING_FOR_RECORD = "WAITING_FOR_RECORD", _("Waiting for call log")
    WAITING_TO_LOG = "WAITING_TO_LOG", _("Queued")
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
"""Ended unlogged, and a person can retry it."""


class SkipReason(models.TextChoices):
    """The call is not to be logged; nothing is wrong."""

    LOGGING_DISABLED = "LOGGING_DISABLED", _("Logging was off")
    OUT_OF_SCOPE = "OUT_OF_SCOPE", _("Outside scope")
    PAUSED = "PAUSED", _("Skipped after a pause")
    DO_NOT_LOG = "DO_NOT_LOG", _("On the do-not-log list")
    INTERNAL_CALL = "INTERNAL_CALL", _("Internal call")
    FAX = "FAX", _("Fax")
    SUPERVISION = "SUPERVISION", _("Supervisor listening in")
    TRANSFERRED = "TRANSFERRED", _("Transfer, logged with the original call")
    NO_EXTENSION = "NO_EXTENSION", _("Hung up before reaching anyone")
    WITHHELD_NUMBER = "WITHHELD_NUMBER", _("Caller ID withheld or incomplete")
    NO_CONTACT = "NO_CONTACT", _("No matching contact")
    SEVERAL_CONTACTS = "SEVERAL_CONTACTS", _("Multiple contacts match")
    LEFT_BY_ADMIN = "LEFT_BY_ADMIN", _("Dismissed")


class AttentionReason(models.TextChoices):
    """A person must do something before the call can be logged."""

    UNMAPPED_EXTENSION = "UNMAPPED_EXTENSION", _("Unmapped extension")
    INACTIVE_CRM_USER = "INACTIVE_CRM_USER", _("CRM user is inactive")
    UNLICENSED_OWNER = "UNLICENSED_OWNER", _("CRM user has no license")
    NO_CREDENTIALS = "NO_CREDENTIALS", _("CRM not connected")
    CREDENTIALS_REJECTED = "CREDENTIALS_REJECTED", _("CRM password rejected")
    HIDDEN_CONTACT = "HIDDEN_CONTACT", _("Contact not found by search")
    REFUSED_BY_CRM = "REFUSED_BY_CRM", _("Rejected by the CRM")
    UNDECIDED = "UNDECIDED", _("Outcome unknown")
    RETRY_CANCELED = "RETRY_CANCELED", _("Retry canceled")
    SEVERAL_RECORDS = "SEVERAL_RECORDS", _("Duplicate records in the CRM")
    # Held or skipped, as the settings say; the cause is the same.
    NO_CONTACT = SkipReason.NO_CONTACT.value, SkipReason.NO_CONTACT.label
    SEVERAL_CONTACTS = (
        SkipReason.SEVERAL_CONTACTS.value,
        SkipReason.SEVERAL_CONTACTS.label,
    )


class FailureReason(models.TextChoices):
    """The program gave up."""

    NO_RECORD = "NO_RECORD", _("Missing from RingCentral's call log")
    GAVE_UP = "GAVE_UP", _("All attempts failed")


CHOICES = list(
    dict(SkipReason.choices + AttentionReason.choices + FailureReason.choices).items()
)
"""Every reason, each once."""

FIXED_BY_CONFIGURATION = frozenset(
    {
        AttentionReason.UNMAPPED_EXTENSION,
        AttentionReason.INACTIVE_CRM_USER,
        AttentionReason.UNLICENSED_OWNER,
        AttentionReason.NO_CREDENTIALS,
        AttentionReason.CREDENTIALS_REJECTED,
        AttentionReason.NO_CONTACT,
        AttentionReason.HIDDEN_CONTACT,
        AttentionReason.SEVERAL_CONTACTS,
    }
)
"""What an admin can fix in the settings or the mapping.

Such calls are retried as soon as the organization's configuration changes."""
