"""What the lines of a call's timeline are about."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class StepName(models.TextChoices):
    """What a line of the timeline is about."""

    RECEIVED = "RECEIVED", _("Received")
    RECOVERED = "RECOVERED", _("Found in call log")
    ENDED = "ENDED", _("Ended")
    RECORD = "RECORD", _("Call log")
    ELIGIBLE = "ELIGIBLE", _("Eligible")
    CONTACT = "CONTACT", _("Contact")
    CONTACT_CHOSEN = "CONTACT_CHOSEN", _("Contact chosen")
    CONTACT_CREATED = "CONTACT_CREATED", _("Contact created")
    OWNER = "OWNER", _("Activity owner")
    CREDENTIALS = "CREDENTIALS", _("Credentials")
    RESERVED = "RESERVED", _("Reserved")
    SENT = "SENT", _("Sent")
    LOGGED = "LOGGED", _("Logged")
    FOUND = "FOUND", _("Found")
    NOT_FOUND = "NOT_FOUND", _("Not found")
    SKIPPED = "SKIPPED", _("Skipped")
    NEEDS_ATTENTION = "NEEDS_ATTENTION", _("Needs attention")
    NOT_LOGGED_YET = "NOT_LOGGED_YET", _("Will retry")
    NO_CLEAR_ANSWER = "NO_CLEAR_ANSWER", _("No answer")
    INTERNAL_ERROR = "INTERNAL_ERROR", _("Internal error")
    GAVE_UP = "GAVE_UP", _("Stopped retrying")
    FAILED = "FAILED", _("Failed")
    TRIED_AGAIN = "TRIED_AGAIN", _("Retried")
    NOT_TRIED_AGAIN = "NOT_TRIED_AGAIN", _("Retry canceled")
    LOOKED_FOR_AGAIN = "LOOKED_FOR_AGAIN", _("Checked again")
    NOT_THERE = "NOT_THERE", _("Not found")
    UPDATED = "UPDATED", _("Updated")
    NOT_UPDATED_YET = "NOT_UPDATED_YET", _("Update delayed")
    NOT_UPDATED = "NOT_UPDATED", _("Not updated")
    DELETED = "DELETED", _("Deleted in the CRM")
    FORGOTTEN = "FORGOTTEN", _("Details removed")
    ERASED = "ERASED", _("Erased")
