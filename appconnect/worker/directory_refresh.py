"""Read the directory again, and learn whether the CRM accepts the credentials."""

from datetime import datetime

from appconnect.calls.crm.circuit import credentials_accepted, credentials_refused
from appconnect.organizations.mapping import user_mapping
from appconnect.organizations.models import Organization
from appconnect.organizations.security.audit import PROGRAM, Actor
from connector.errors import CredentialsRejected


def refresh_directory(
    organization: Organization, *, asked_by: int | None, now: datetime
) -> None:
    """Read extensions and CRM users, and map those that match, in a member's name."""
    member = organization.members.filter(pk=asked_by).first()
    actor = Actor(name=str(member)) if member else PROGRAM
    try:
        if user_mapping.refresh_directory(organization, actor=actor, now=now):
            credentials_accepted(organization, now=now)
    except CredentialsRejected as error:
        credentials_refused(organization, str(error), now=now)
