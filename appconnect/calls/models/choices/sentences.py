"""What the timeline of a call says: stored as keys and values, worded when it is shown."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Sentence(models.TextChoices):
    """What a line says. A stored key keeps its meaning; its words may change.

    Reasons (`states.py`) are sentences too, with keys of their own.
    """

    ERROR = "ERROR", "%(error)s"
    ERROR_WITH_REASON = (
        "ERROR_WITH_REASON",
        _("%(error)s It says: “%(reason)s”"),
    )
    REASON_DELETED = (
        "REASON_DELETED",
        _("The CRM's answer was deleted with the call's names and numbers."),
    )
    INTERNAL_ERROR = (
        "INTERNAL_ERROR",
        _("An unexpected error; the server's log has it as %(reference)s."),
    )

    # The end of the call, and its record
    PARTIES_ENDED = "PARTIES_ENDED", _("Every party of the call has ended.")
    END_IN_CALL_LOG = (
        "END_IN_CALL_LOG",
        _("RingCentral's call log has the call's end; its notification never came."),
    )
    END_LOST = (
        "END_LOST",
        _("Nothing was heard of the call for hours; its end seems to be lost."),
    )
    RECOVERED = (
        "RECOVERED",
        _("RingCentral never told us of this call; its call log did."),
    )
    RECORD_SAYS = (
        "RECORD_SAYS",
        _(
            "RingCentral's call log says: %(direction)s, %(result)s, "
            "%(seconds)s seconds."
        ),
    )

    # The rules
    TRIAL_MODE = (
        "TRIAL_MODE",
        _("Trial mode: the admin's calls are logged, and no rule is against this."),
    )
    EXTENSION_LOGGED = (
        "EXTENSION_LOGGED",
        _("This extension's calls are logged, and no rule is against this one."),
    )
    ALL_LOGGED = (
        "ALL_LOGGED",
        _("Every extension's calls are logged, and no rule is against this one."),
    )

    # The contact
    ONE_CONTACT = "ONE_CONTACT", _("One contact in the CRM has this number.")
    PLACEHOLDER_USED = (
        "PLACEHOLDER_USED",
        _("No contact in the CRM has this number: a placeholder is used."),
    )
    PLACEHOLDER_KNOWN = (
        "PLACEHOLDER_KNOWN",
        _("Placeholder %(contact)s was created for this number just now."),
    )
    PLACEHOLDER_CREATED = (
        "PLACEHOLDER_CREATED",
        _("The CRM has created placeholder %(contact)s."),
    )
    PLACEHOLDER_FOUND = (
        "PLACEHOLDER_FOUND",
        _("The CRM has placeholder %(contact)s already, found by its name."),
    )
    CONTACT_CHOSEN_BY = "CONTACT_CHOSEN_BY", _("%(by)s chose %(contact)s.")
    CONTACT_WAS_CHOSEN = (
        "CONTACT_WAS_CHOSEN",
        _("A person chose %(contact)s of %(count)s with this number."),
    )
    MOST_RECENT_CONTACT = (
        "MOST_RECENT_CONTACT",
        _(
            "%(count)s contacts have this number; the most recently active was taken: "
            "%(contact)s."
        ),
    )
    EARLIEST_CONTACT = (
        "EARLIEST_CONTACT",
        _(
            "%(count)s contacts have this number; the earliest created was taken: "
            "%(contact)s."
        ),
    )
    FIRST_CONTACT = (
        "FIRST_CONTACT",
        _(
            "%(count)s contacts have this number; the first by name was taken: "
            "%(contact)s."
        ),
    )
    ADD_CONTACT = (
        "ADD_CONTACT",
        _("No contact in the CRM has this number. Add one there, then try again."),
    )
    CANNOT_CREATE_CONTACT = (
        "CANNOT_CREATE_CONTACT",
        _(
            "No contact in the CRM has this number, and none can be created "
            "from here. Add one there, then try again."
        ),
    )
    CHOSEN_CONTACT_GONE = (
        "CHOSEN_CONTACT_GONE",
        _(
            "Contact %(contact)s, which was chosen, does not have this number in "
            "the CRM any more, and nobody else has. Add it there, then try again."
        ),
    )
    CHOOSE_ANOTHER_CONTACT = (
        "CHOOSE_ANOTHER_CONTACT",
        _(
            "Contact %(contact)s, which was chosen, does not have this number in the "
            "CRM any more. Choose another."
        ),
    )
    CHOOSE_CONTACT = (
        "CHOOSE_CONTACT",
        _(
            "%(count)s contacts in the CRM have this number. "
            "Choose one of them, or remove it from the others in the CRM and try again."
        ),
    )
    CONTACT_TIMES_UNKNOWN = (
        "CONTACT_TIMES_UNKNOWN",
        _(
            "%(count)s contacts in the CRM have this number, and the CRM does not "
            "give all of them the date that the rule needs. Choose one of them, or "
            "another rule in the settings."
        ),
    )

    # The owner and the credentials
    OWNER_IS_ACCOUNT = (
        "OWNER_IS_ACCOUNT",
        _("The record belongs to the account that logs it."),
    )
    OWNER_IS_ADMIN = "OWNER_IS_ADMIN", _("The settings name the admin as owner.")
    OWNER_IS_MAPPED = (
        "OWNER_IS_MAPPED",
        _("The extension is mapped to this CRM user, %(match)s."),
    )
    OWNER_LEFT_TO_ADMIN = (
        "OWNER_LEFT_TO_ADMIN",
        _("The extension is not mapped: the settings leave it to the admin."),
    )
    OWNER_IS_FALLBACK = (
        "OWNER_IS_FALLBACK",
        _("The extension is not mapped: the settings name this CRM user."),
    )
    FALLBACK_UNKNOWN = (
        "FALLBACK_UNKNOWN",
        _(
            "The extension is not mapped, and the CRM user whom the settings name for "
            "such calls is not known."
        ),
    )
    ADMIN_UNMAPPED = (
        "ADMIN_UNMAPPED",
        _("The admin's own extension is not mapped to a CRM user."),
    )
    LICENSE_NOT_VALID = (
        "LICENSE_NOT_VALID",
        _("The owner's license is not valid: %(status)s."),
    )
    ADMIN_SESSION = "ADMIN_SESSION", _("Logged in the admin's session.")
    SERVICE_ACCOUNT = "SERVICE_ACCOUNT", _("Logged by the service account.")
    AGENT_SESSION = "AGENT_SESSION", _("Logged in the agent's own session.")

    # Written to the CRM
    RESERVED = (
        "RESERVED",
        _("Attempt %(attempt)s: no other worker sends this call."),
    )
    ANSWERED = "ANSWERED", _("The CRM answered after %(seconds).1f seconds.")
    CONFIRMED = "CONFIRMED", _("The CRM confirmed record %(record)s.")
    LOGGED_BEFORE = "LOGGED_BEFORE", _("Logged before: record %(record)s.")
    FOUND_IN_CRM = (
        "FOUND_IN_CRM",
        _("The CRM has the record already: %(record)s."),
    )
    FOUND_AFTER_ALL = (
        "FOUND_AFTER_ALL",
        _("The record was there after all: %(record)s."),
    )
    NEVER_WRITTEN = (
        "NEVER_WRITTEN",
        _("The record was never written; it is sent again."),
    )
    SEND_LATER = "SEND_LATER", _("The record is not there; it is sent again later.")
    MAY_SHOW = (
        "MAY_SHOW",
        _("The record is not in the CRM yet; it may still show."),
    )
    RECORD_IS_HIDDEN = (
        "RECORD_IS_HIDDEN",
        _("The CRM has it already, and its search does not find it."),
    )
    STILL_SENDING = (
        "STILL_SENDING",
        _("Another worker is still sending it to the CRM."),
    )
    CONTACT_MAY_SHOW = (
        "CONTACT_MAY_SHOW",
        _("The contact is not in the CRM yet; it may still show."),
    )
    SEND_CONTACT_LATER = (
        "SEND_CONTACT_LATER",
        _("The contact is not there; it is sent again later."),
    )
    CONTACT_AFTER_ALL = (
        "CONTACT_AFTER_ALL",
        _("The contact is in the CRM after all."),
    )
    CONTACT_BEING_CREATED = (
        "CONTACT_BEING_CREATED",
        _("Another call from this number has the contact created."),
    )
    SEVERAL_RECORDS_LISTED = (
        "SEVERAL_RECORDS_LISTED",
        _(
            "The CRM has several records of this call: %(records)s. "
            "Delete all but one there, then try again."
        ),
    )

    # The record of a logged call, brought up to date
    UPDATED = (
        "UPDATED",
        _("The CRM's record now says: %(result)s, %(seconds)s seconds."),
    )
    UPDATED_BESIDE_EDITS = (
        "UPDATED_BESIDE_EDITS",
        _(
            "The CRM's record now says: %(result)s, %(seconds)s seconds. Its text "
            "stays as it was: our part is not there, or somebody has changed it."
        ),
    )
    UPDATED_UNREAD = (
        "UPDATED_UNREAD",
        _(
            "The CRM's record now says: %(result)s, %(seconds)s seconds. Its text "
            "stays as it was: the records of this CRM cannot be read."
        ),
    )
    UPDATED_WITHOUT_WORDS = (
        "UPDATED_WITHOUT_WORDS",
        _(
            "The CRM's record now says: %(result)s, %(seconds)s seconds. The CRM refused "
            "the texts that App Connect sent, such as a transcript: they were left out."
        ),
    )
    UPDATED_WITHOUT_TEXT = (
        "UPDATED_WITHOUT_TEXT",
        _(
            "The CRM's record now says: %(result)s, %(seconds)s seconds. Its text stays "
            "as it was: the CRM refused the new one."
        ),
    )
    LOGGED_WITHOUT_WORDS = (
        "LOGGED_WITHOUT_WORDS",
        _(
            "The CRM refused the texts that App Connect sent, such as a transcript: "
            "the call is logged without them."
        ),
    )
    DELETED_IN_CRM = (
        "DELETED_IN_CRM",
        _("The record was deleted in the CRM; it is not written again."),
    )

    # What people did
    OWNER_TURNED_INACTIVE = (
        "OWNER_TURNED_INACTIVE",
        _("The owner of the refused record is no longer active in the CRM."),
    )
    TRIED_BY = "TRIED_BY", _("By %(by)s: %(count)s calls together.")
    CANCELED_BY = "CANCELED_BY", _("%(by)s canceled it.")
    LOGGED_BY_HAND = (
        "LOGGED_BY_HAND",
        _("%(by)s logged it by hand: record %(record)s."),
    )
    LOOKED_AGAIN = "LOOKED_AGAIN", _("An admin had the CRM asked once more.")
    FOUND_BY_ADMIN = "FOUND_BY_ADMIN", _("An admin found the record in the CRM.")
    NOT_FOUND_BY_ADMIN = (
        "NOT_FOUND_BY_ADMIN",
        _("An admin did not find the record in the CRM."),
    )
    ERASED = "ERASED", _("An admin erased number, names and recording.")
    NOT_KEPT = (
        "NOT_KEPT",
        _("Its number and names are kept no longer, so it cannot be logged any more."),
    )
