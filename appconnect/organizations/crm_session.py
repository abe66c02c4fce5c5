"""Signing a person in to the CRM."""

from django.db import transaction

from appconnect.organizations.connectors import open_connector
from appconnect.organizations.models import CrmSession, Organization
from connector.sign_in import SignInKeeper
from connector.types import Credentials


def connect_crm_session(
    organization: Organization, *, api_key: str, extension_id: str
) -> CrmSession:
    """Try an API key at the CRM and keep it as the session of a person, in place of the last.

    `extension_id` is that person's RingCentral extension: two people who share a CRM
    user have a session each. Calls that wait for a connection are tried again. Raises a
    `ConnectorError`.
    """
    credentials = Credentials(hostname=organization.crm_hostname, access_token=api_key)
    platform = organization.platform
    keeper = SignInKeeper()
    with open_connector(organization, credentials, sign_in_keeper=keeper) as connector:
        user = connector.get_user_info()
    key = {
        "organization": organization,
        "platform": platform,
        "extension_id": extension_id,
    }
    session = CrmSession.objects.filter(**key).first() or CrmSession(**key)
    session.crm_user_id, session.name = user.id, user.name[:200]
    session.access_token = api_key
    with transaction.atomic():
        session.save()
        organization.configuration_changed()
    return session
