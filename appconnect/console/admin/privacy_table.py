"""The table of the data that the program keeps."""

from typing import NamedTuple

from django.utils.translation import gettext as _

from appconnect.organizations.models import Retention


class DataClass(NamedTuple):
    what: str
    where: str
    purpose: str
    kept: str
    is_purged: bool = False


def data_classes(retention: Retention) -> list[DataClass]:
    """Return each class of data: what it is, where, its purpose, and how long it is kept."""
    identity, state = retention.identity_days, retention.work_state_days
    return [
        DataClass(
            _("Who called: number, name, link to the recording"),
            _(
                "This database, encrypted; the number also as a keyed hash to find it by"
            ),
            _("To find the contact, to write the record, and for this page's answers"),
            _("%(days)d days after the call") % {"days": identity},
            is_purged=True,
        ),
        DataClass(
            _("What became of a call: state, ids, times, owner, timeline"),
            _("This database"),
            _("To log no call twice, and to say what happened to it"),
            _("%(days)d days after the call") % {"days": state},
            is_purged=True,
        ),
        DataClass(
            _("The call's record"),
            _("The CRM"),
            _("What this program is for"),
            _("As the CRM keeps it; nothing here deletes it"),
        ),
        DataClass(
            _("Recordings, and what RingCentral's notifications say besides"),
            _("RingCentral; here nothing but the link"),
            _("To listen to from the record"),
            _("As RingCentral keeps it"),
        ),
        DataClass(
            _("Extensions and phone numbers of the account, CRM users, their mapping"),
            _("This database"),
            _("To know whose call it is"),
            _("While the organization uses this program"),
        ),
        DataClass(
            _("Credentials and tokens"),
            _("This database, encrypted; never shown"),
            _("To sign in to RingCentral and the CRM"),
            _("Until they are replaced"),
        ),
        DataClass(
            _("Numbers that are never logged"),
            _("This database; compared as keyed hashes"),
            _("To leave their calls alone"),
            _("Until an admin takes them off the list"),
        ),
        DataClass(
            _("Who changed what"),
            _("This database, without callers' numbers"),
            _("To answer for changes"),
            _("While the organization uses this program"),
        ),
        DataClass(
            _("Backups of the database"),
            _("Wherever you make them"),
            _("To restore it"),
            _("As you keep them: what is erased here is still in older ones"),
        ),
    ]
