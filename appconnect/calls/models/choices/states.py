"""The states of a call, and the reasons that it may have for one."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CallStatus(models.TextChoices):
    """The state of a call; the last four are its visible ends."""

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
"""Ended unlogged, and a person can retry it."""


class SkipReason(models.TextChoices):
    """The call is not to be logged; nothing is wrong."""

    LOGGING_DISABLED = "LOGGING_DISABLED", _("Server-side logging was switched off.")
    OUT_OF_SCOPE = (
        "OUT_OF_SCOPE",
        _("Calls of this extension are not logged."),
    )
    PAUSED = "PAUSED", _("Logging was paused, and its calls were to be skipped.")
    DO_NOT_LOG = "DO_NOT_LOG", _("A number of this call is on the do-not-log list.")
    INTERNAL_CALL = "INTERNAL_CALL", _("Both sides are extensions of the account.")
    FAX = "FAX", _("It was a fax.")
    SUPERVISION = "SUPERVISION", _("A supervisor was listening to another call.")
    TRANSFERRED = (
        "TRANSFERRED",
        _("A call was transferred here. It is logged with the call that came first."),
    )
    NO_EXTENSION = (
        "NO_EXTENSION",
        _("The call reached no person, queue or mailbox."),
    )
    WITHHELD_NUMBER = (
        "WITHHELD_NUMBER",
        _("The other side's number was withheld or is not complete."),
    )
    NO_CONTACT = "NO_CONTACT", _("No contact in the CRM has this number.")
    SEVERAL_CONTACTS = (
        "SEVERAL_CONTACTS",
        _("Several contacts in the CRM have this number."),
    )
    LEFT_BY_ADMIN = "LEFT_BY_ADMIN", _("An admin chose to leave it as it is.")


class AttentionReason(models.TextChoices):
    """A person must do something before the call can be logged."""

    UNMAPPED_EXTENSION = (
        "UNMAPPED_EXTENSION",
        _("The extension is not mapped to a CRM user."),
    )
    INACTIVE_CRM_USER = (
        "INACTIVE_CRM_USER",
        _("The mapped CRM user is no longer active in the CRM."),
    )
    UNLICENSED_OWNER = (
        "UNLICENSED_OWNER",
        _("The CRM user who would own the record has no valid license."),
    )
    NO_CREDENTIALS = "NO_CREDENTIALS", _("The CRM is not connected.")
    CREDENTIALS_REJECTED = (
        "CREDENTIALS_REJECTED",
        _("The CRM rejected the stored credentials."),
    )
    HIDDEN_CONTACT = (
        "HIDDEN_CONTACT",
        _("The CRM has a contact with this number that its search does not find."),
    )
    REFUSED_BY_CRM = "REFUSED_BY_CRM", _("The CRM refused the record.")
    UNDECIDED = (
        "UNDECIDED",
        _("The record was sent and no answer came; it may or may not be in the CRM."),
    )
    RETRY_CANCELED = "RETRY_CANCELED", _("Trying it again was canceled.")
    SEVERAL_RECORDS = "SEVERAL_RECORDS", _("The CRM has several records of this call.")
    # Held or skipped, as the settings say; the cause is the same.
    NO_CONTACT = SkipReason.NO_CONTACT.value, SkipReason.NO_CONTACT.label
    SEVERAL_CONTACTS = (
        SkipReason.SEVERAL_CONTACTS.value,
        SkipReason.SEVERAL_CONTACTS.label,
    )


class FailureReason(models.TextChoices):
    """The program gave up."""

    NO_RECORD = "NO_RECORD", _("RingCentral's call log never showed this call.")
    GAVE_UP = "GAVE_UP", _("Every attempt failed; the last one is in the timeline.")


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
