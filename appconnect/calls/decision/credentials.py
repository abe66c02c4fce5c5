"""Step 7: the credentials that write the record."""

from appconnect.calls.models.choices import Message, Sentence
from appconnect.organizations.connections.connectors import (
    find_crm_session,
    make_credentials,
    organization_credentials,
)
from appconnect.organizations.models import ServerLoggingSettings
from connector.types import Credentials


def choose_credentials(
    settings: ServerLoggingSettings, *, extension_id: str
) -> tuple[Credentials, Message]:
    """Return the credentials that write the record, and where they come from.

    The service account, or the admin's session, where the manifest says so. Otherwise
    the agent's own session if there is one, else the admin's. Raises `NoCredentials`.
    """
    organization = settings.organization
    declared = organization.declared.server_side_logging
    if declared.use_admin_assigned_user_token:
        return organization_credentials(settings), Message(Sentence.ADMIN_SESSION)
    if declared.uses_service_account:
        return organization_credentials(settings), Message(Sentence.SERVICE_ACCOUNT)
    session = find_crm_session(organization, extension_id=extension_id)
    if session is not None:
        credentials = make_credentials(organization, {}, crm_session=session)
        return credentials, Message(Sentence.AGENT_SESSION)
    return organization_credentials(settings), Message(Sentence.ADMIN_SESSION)
