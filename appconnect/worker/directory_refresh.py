"""Read the directory again, and learn whether the CRM accepts the credentials."""

from datetime import datetime, timedelta

from appconnect.calls.crm.circuit import credentials_accepted, credentials_refused
from appconnect.calls.crm.refused_owner import (
    may_have_inactive_owner,
    retry_with_inactive_owner,
)
from appconnect.calls.models import CallSession
from appconnect.organizations.mapping import user_mapping
from appconnect.organizations.models import Organization
from appconnect.organizations.security.audit import PROGRAM, Actor
from connector.errors import CredentialsRejected

MIN_INTERVAL = timedelta(minutes=5)
"""Between two refreshes because of refused records."""


def delay_after_refusal(call: CallSession, *, now: datetime) -> timedelta | None:
    """Return when the directory is to be read again because of this call; None: not so.

    The CRM may have refused the record because its owner was switched off since.
    """
    if not may_have_inactive_owner(call):
        return None
    organization = Organization.objects.only("directory_refreshed_at")
    refreshed_at = organization.get(pk=call.organization_id).directory_refreshed_at
    earliest = refreshed_at + MIN_INTERVAL if refreshed_at else now
    return max(earliest - now, timedelta())


def refresh_directory(
    organization: Organization, *, asked_by: int | None, now: datetime
) -> int:
    """Read extensions and CRM users, and map those that match, in a member's name.

    Return how many calls are due because the owner of their record turned inactive.
    """
    member = organization.members.filter(pk=asked_by).first()
    actor = Actor(name=str(member)) if member else PROGRAM
    try:
        if user_mapping.refresh_directory(organization, actor=actor, now=now):
            credentials_accepted(organization, now=now)
    except CredentialsRejected as error:
        credentials_refused(organization, str(error), now=now)
    return retry_with_inactive_owner(organization, now=now)
