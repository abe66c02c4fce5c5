"""Signing a person in to the CRM."""

from appconnect.organizations.connectors import open_connector
from appconnect.organizations.models import CrmSession, Organization
from connector.types import Credentials


def connect_crm_session(
    organization: Organization, *, api_key: str, extension_id: str
) -> CrmSession:
    """Try an API key at the CRM and keep it as the session of the person it belongs to.

    `extension_id` is that person's RingCentral extension. Raises a `ConnectorError`.
    """
    credentials = Credentials(hostname=organization.crm_hostname, access_token=api_key)
    platform = organization.platform
    with open_connector(platform, credentials) as connector:
        user = connector.get_user_info()
    key = {"organization": organization, "platform": platform, "crm_user_id": user.id}
    session = CrmSession.objects.filter(**key).first() or CrmSession(**key)
    session.name = user.name
    session.extension_id = extension_id
    session.access_token = api_key
    session.save()
    return session
