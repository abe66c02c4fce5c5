"""The organization that the sandbox's account belongs to, without a browser."""

from datetime import datetime

from django.utils import timezone

from appconnect.organizations.connections.crm_session import connect_crm_session
from appconnect.organizations.mapping.directory import (
    data_of,
    read_crm_users,
    read_extensions,
    write_extensions,
)
from appconnect.organizations.mapping.mapping_changes import map_extension
from appconnect.organizations.mapping.user_mapping import map_certain
from appconnect.organizations.models import (
    CrmSession,
    CrmUser,
    Organization,
    RingCentralConnection,
    ServerLoggingSettings,
    UserMapping,
)
from appconnect.organizations.security.audit import Actor
from appconnect.ringcentral.extensions import parse_extension
from appconnect.sandbox.ringcentral import seed
from appconnect.sandbox.ringcentral.account import make_extension

ADA = Actor(name="ada")
"""Who does what the tests do without a browser."""
EXTENSIONS = [
    data_of(parse_extension(make_extension(*extension)))
    for extension in seed.EXTENSIONS
]


def make_organization(**fields: object) -> Organization:
    """Make it with its directory and its CRM's users, mapped as far as that goes.

    Thousands of tests do this: it takes no locks.
    """
    defaults = {
        "name": "Sandbox Ltd",
        "rc_account_id": seed.ACCOUNT_ID,
        "region": "US",
        "time_zone": "America/Los_Angeles",
        "platform": "sandbox",
        "crm_hostname": "crm.example.com",
    }
    organization = Organization.objects.create(**defaults | fields)
    RingCentralConnection.objects.create(
        organization=organization,
        extension_id=seed.extension_id(seed.ADMIN_EXTENSION),
        jwt=seed.jwt_of(seed.ADMIN_EXTENSION),
    )
    write_extensions(organization, EXTENSIONS)
    CrmUser.objects.bulk_create(
        CrmUser(
            organization=organization,
            platform=organization.platform,
            crm_user_id=user_id,
            name=name,
            email=email,
        )
        for user_id, name, email in seed.CRM_USERS
    )
    map_certain(
        organization, read_extensions(organization), read_crm_users(organization)
    )
    return organization


def make_logging_settings(
    organization: Organization, *, since: datetime
) -> ServerLoggingSettings:
    """Switch logging on for the account, with the sandbox's service account."""
    return ServerLoggingSettings.objects.create(
        organization=organization,
        platform="sandbox",
        logging_level=ServerLoggingSettings.LoggingLevel.ACCOUNT,
        logging_since=since,
        additional_field_values={"apiUsername": "service", "apiPassword": "sandbox"},
        admin_extension_id=seed.extension_id(seed.ADMIN_EXTENSION),
    )


def map_by_hand(mapping: UserMapping, user: CrmUser | None) -> None:
    map_extension(mapping, user, expected_version=None, actor=ADA, now=timezone.now())


def connect_to_crm(
    organization: Organization, *, api_key: str, extension_id: str
) -> CrmSession:
    """Sign somebody in to the CRM."""
    return connect_crm_session(
        organization,
        api_key=api_key,
        extension_id=extension_id,
        actor=ADA,
        now=timezone.now(),
    )
