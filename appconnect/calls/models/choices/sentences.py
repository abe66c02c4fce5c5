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
        _("%(crm)s's answer was deleted with the call's details."),
    )
    INTERNAL_ERROR = (
        "INTERNAL_ERROR",
        _("Unexpected error. The server's log has it as %(reference)s."),
    )

    # The end of the call, and its record
    PARTIES_ENDED = "PARTIES_ENDED", _("All parties hung up.")
    END_IN_CALL_LOG = (
        "END_IN_CALL_LOG",
        _("RingCentral's call log has the call's end. Its notification never arrived."),
    )
    END_LOST = (
        "END_LOST",
        _(
            "No news of this call for hours. The notification of its end seems to be lost."
        ),
    )
    RECOVERED = (
        "RECOVERED",
        _("Found in RingCentral's call log. No notification of this call arrived."),
    )
    RECORD_SAYS = (
        "RECORD_SAYS",
        _("The call log reports: %(direction)s, %(result)s, %(seconds)s s."),
    )

    # The rules
    TRIAL_MODE = (
        "TRIAL_MODE",
        _("Trial: the admin's calls are in scope and no rule excludes this call."),
    )
    EXTENSION_LOGGED = (
        "EXTENSION_LOGGED",
        _("This extension is in scope and no rule excludes this call."),
    )
    ALL_LOGGED = (
        "ALL_LOGGED",
        _("All extensions are in scope and no rule excludes this call."),
    )

    # The contact
    ONE_CONTACT = "ONE_CONTACT", _("One contact has this number.")
    PLACEHOLDER_USED = (
        "PLACEHOLDER_USED",
        _("No contact has this number, so a placeholder is used."),
    )
    PLACEHOLDER_KNOWN = (
        "PLACEHOLDER_KNOWN",
        _("Placeholder %(contact)s was just created for this number."),
    )
    PLACEHOLDER_CREATED = (
        "PLACEHOLDER_CREATED",
        _("Created placeholder %(contact)s in %(crm)s."),
    )
    PLACEHOLDER_FOUND = (
        "PLACEHOLDER_FOUND",
        _("%(crm)s already has placeholder %(contact)s, found by name."),
    )
    CONTACT_CHOSEN_BY = "CONTACT_CHOSEN_BY", _("%(by)s chose %(contact)s.")
    CONTACT_WAS_CHOSEN = (
        "CONTACT_WAS_CHOSEN",
        _(
            "%(count)s contacts have this number. Chosen on the call's page: %(contact)s."
        ),
    )
    MOST_RECENT_CONTACT = (
        "MOST_RECENT_CONTACT",
        _(
            "%(count)s contacts have this number. Used the most recently active: %(contact)s."
        ),
    )
    EARLIEST_CONTACT = (
        "EARLIEST_CONTACT",
        _("%(count)s contacts have this number. Used the oldest: %(contact)s."),
    )
    FIRST_CONTACT = (
        "FIRST_CONTACT",
        _("%(count)s contacts have this number. Used the first by name: %(contact)s."),
    )
    ADD_CONTACT = (
        "ADD_CONTACT",
        _("No contact has this number. Add one in %(crm)s, then retry."),
    )
    CANNOT_CREATE_CONTACT = (
        "CANNOT_CREATE_CONTACT",
        _(
            "No contact has this number, and none can be created from here. Add one in %(crm)s, then retry."
        ),
    )
    CHOSEN_CONTACT_GONE = (
        "CHOSEN_CONTACT_GONE",
        _(
            "Contact %(contact)s no longer has this number in %(crm)s, and no other contact does. Add the number there, then retry."
        ),
    )
    CHOOSE_ANOTHER_CONTACT = (
        "CHOOSE_ANOTHER_CONTACT",
        _(
            "Contact %(contact)s no longer has this number in %(crm)s. Choose another contact."
        ),
    )
    CHOOSE_CONTACT = (
        "CHOOSE_CONTACT",
        _(
            "%(count)s contacts in %(crm)s have this number. Choose one, or remove the number from the others and retry."
        ),
    )
    CONTACT_TIMES_UNKNOWN = (
        "CONTACT_TIMES_UNKNOWN",
        _(
            "%(count)s contacts in %(crm)s have this number, but not all have the date that your rule needs. Choose one, or change the rule in Settings."
        ),
    )

    # The owner and the credentials
    OWNER_IS_ACCOUNT = (
        "OWNER_IS_ACCOUNT",
        _("The account that logs the call owns the activity."),
    )
    OWNER_IS_ADMIN = "OWNER_IS_ADMIN", _("Your settings assign all calls to the admin.")
    OWNER_IS_MAPPED = "OWNER_IS_MAPPED", _("Mapped to this user %(match)s.")
    OWNER_LEFT_TO_ADMIN = (
        "OWNER_LEFT_TO_ADMIN",
        _("Unmapped extension. Your settings assign its calls to the admin."),
    )
    OWNER_IS_FALLBACK = (
        "OWNER_IS_FALLBACK",
        _("Unmapped extension. Your settings assign its calls to this user."),
    )
    FALLBACK_UNKNOWN = (
        "FALLBACK_UNKNOWN",
        _(
            "Unmapped extension. The user your settings assign its calls to isn't in %(crm)s."
        ),
    )
    ADMIN_UNMAPPED = "ADMIN_UNMAPPED", _("The admin's own extension is unmapped.")
    LICENSE_NOT_VALID = (
        "LICENSE_NOT_VALID",
        _("The activity owner's license isn't valid: %(status)s."),
    )
    ADMIN_SESSION = "ADMIN_SESSION", _("Logged with the admin's own sign-in.")
    SERVICE_ACCOUNT = "SERVICE_ACCOUNT", _("Logged with the service account.")
    AGENT_SESSION = "AGENT_SESSION", _("Logged with the agent's own sign-in.")
    # Written to the CRM
    RESERVED = "RESERVED", _("Attempt %(attempt)s: no other worker sends this call.")
    ANSWERED = "ANSWERED", _("%(crm)s answered in %(seconds).1f s.")
    CONFIRMED = "CONFIRMED", _("%(crm)s confirmed record %(record)s.")
    LOGGED_BEFORE = "LOGGED_BEFORE", _("Already logged as record %(record)s.")
    FOUND_IN_CRM = "FOUND_IN_CRM", _("%(crm)s already has record %(record)s.")
    FOUND_AFTER_ALL = (
        "FOUND_AFTER_ALL",
        _("The record is in %(crm)s after all: %(record)s."),
    )
    NEVER_WRITTEN = (
        "NEVER_WRITTEN",
        _("The record isn't in %(crm)s, so it's sent again."),
    )
    SEND_LATER = "SEND_LATER", _("The record isn't in %(crm)s. It's sent again later.")
    MAY_SHOW = "MAY_SHOW", _("The record isn't in %(crm)s yet, but may still appear.")
    RECORD_IS_HIDDEN = (
        "RECORD_IS_HIDDEN",
        _("%(crm)s already has the record, but its search doesn't find it."),
    )
    STILL_SENDING = "STILL_SENDING", _("Another worker is still sending it.")
    CONTACT_MAY_SHOW = (
        "CONTACT_MAY_SHOW",
        _("The contact isn't in %(crm)s yet, but may still appear."),
    )
    SEND_CONTACT_LATER = (
        "SEND_CONTACT_LATER",
        _("The contact isn't in %(crm)s. It's sent again later."),
    )
    CONTACT_AFTER_ALL = "CONTACT_AFTER_ALL", _("The contact is in %(crm)s after all.")
    CONTACT_BEING_CREATED = (
        "CONTACT_BEING_CREATED",
        _("Another call from this number is creating the contact."),
    )
    SEVERAL_RECORDS_LISTED = (
        "SEVERAL_RECORDS_LISTED",
        _(
            "%(crm)s has several records of this call: %(records)s. Keep one and delete the others there, then retry."
        ),
    )

    # The record of a logged call, brought up to date
    UPDATED = "UPDATED", _("The record now says: %(result)s, %(seconds)s s.")
    UPDATED_BESIDE_EDITS = (
        "UPDATED_BESIDE_EDITS",
        _(
            "The record now says: %(result)s, %(seconds)s s. Its text was edited in %(crm)s and stays as it is."
        ),
    )
    UPDATED_UNREAD = (
        "UPDATED_UNREAD",
        _(
            "The record now says: %(result)s, %(seconds)s s. Its text stays as it is, because %(crm)s doesn't let us read it."
        ),
    )
    UPDATED_WITHOUT_WORDS = (
        "UPDATED_WITHOUT_WORDS",
        _(
            "The record now says: %(result)s, %(seconds)s s. %(crm)s rejected the texts from App Connect, such as a transcript, so they were left out."
        ),
    )
    UPDATED_WITHOUT_TEXT = (
        "UPDATED_WITHOUT_TEXT",
        _(
            "The record now says: %(result)s, %(seconds)s s. Its text stays as it is, because %(crm)s rejected the new one."
        ),
    )
    LOGGED_WITHOUT_WORDS = (
        "LOGGED_WITHOUT_WORDS",
        _(
            "%(crm)s rejected the texts from App Connect, such as a transcript, so the call is logged without them."
        ),
    )
    DELETED_IN_CRM = (
        "DELETED_IN_CRM",
        _("The record was deleted in %(crm)s. It isn't written again."),
    )

    # What people did
    OWNER_TURNED_INACTIVE = (
        "OWNER_TURNED_INACTIVE",
        _("The record was rejected because its owner is no longer active in %(crm)s."),
    )
    TRIED_BY = "TRIED_BY", _("%(by)s retried %(count)s calls together.")
    CANCELED_BY = "CANCELED_BY", _("%(by)s canceled the retry.")
    LOGGED_BY_HAND = (
        "LOGGED_BY_HAND",
        _("%(by)s logged it by hand as record %(record)s."),
    )
    LOOKED_AGAIN = "LOOKED_AGAIN", _("%(by)s checked %(crm)s again.")
    FOUND_BY_ADMIN = "FOUND_BY_ADMIN", _("%(by)s found the record in %(crm)s.")
    NOT_FOUND_BY_ADMIN = (
        "NOT_FOUND_BY_ADMIN",
        _("%(by)s didn't find the record in %(crm)s."),
    )
    ERASED = "ERASED", _("An admin erased the number, names and recording.")
    NOT_KEPT = "NOT_KEPT", _("Its details were removed, so it can't be logged anymore.")
