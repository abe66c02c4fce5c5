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
            _("Caller details: number, name, recording link"),
            _("This database, encrypted; the number also as a keyed hash for searches"),
            _("Finding the contact, writing the record, answering requests here"),
            _("%(days)d days after the call") % {"days": identity},
            is_purged=True,
        ),
        DataClass(
            _("Call history: state, IDs, times, owner, timeline"),
            _("This database"),
            _("Logging no call twice, and showing what happened to it"),
            _("%(days)d days after the call") % {"days": state},
            is_purged=True,
        ),
        DataClass(
            _("Call records"),
            _("Your CRM"),
            _("Call logging"),
            _("As your CRM keeps them; nothing here deletes them"),
        ),
        DataClass(
            _("Recordings, and other details of RingCentral's notifications"),
            _("RingCentral; only the link is kept here"),
            _("Listening from the call record"),
            _("As RingCentral keeps them"),
        ),
        DataClass(
            _("Extensions, their numbers, CRM users, user mapping"),
            _("This database"),
            _("Knowing whose call it is"),
            _("As long as your organization is set up here"),
        ),
        DataClass(
            _("Credentials and tokens"),
            _("This database, encrypted; never shown"),
            _("Signing in to RingCentral and your CRM"),
            _("Until they are replaced"),
        ),
        DataClass(
            _("Do-not-log numbers"),
            _("This database; compared as keyed hashes"),
            _("Skipping their calls"),
            _("Until an admin removes them"),
        ),
        DataClass(
            _("Audit log"),
            _("This database, without callers' numbers"),
            _("Accountability for changes"),
            _("As long as your organization is set up here"),
        ),
        DataClass(
            _("Database backups"),
            _("Where you store them"),
            _("Restoring the database"),
            _("As you keep them; erased data stays in older backups"),
        ),
    ]
