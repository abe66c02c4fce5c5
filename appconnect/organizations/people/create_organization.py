"""Creating an organization from its RingCentral account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from appconnect.organizations.connections.ringcentral_connection import ringcentral_app
from appconnect.organizations.mapping.directory import store_extensions
from appconnect.organizations.models import Organization, RingCentralConnection
from appconnect.ringcentral.bulkhead import ringcentral_bulkhead
from appconnect.ringcentral.client import RingCentral
from appconnect.ringcentral.extensions import (
    Account,
    ExtensionInfo,
    get_account,
    get_own_extension,
    list_extensions,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountInfo:
    """A RingCentral account as its admin sees it."""

    account: Account
    own: ExtensionInfo
    extensions: Sequence[ExtensionInfo]


def redirect_uri() -> str:
    """Return the address that RingCentral sends people back to, as registered there."""
    return settings.PUBLIC_URL + reverse("console:ringcentral-callback")


@ringcentral_bulkhead()
def who_is(access_token: str) -> ExtensionInfo:
    """Return the extension of an access token. Raises a `RingCentralError`."""
    server = ringcentral_app().server
    with RingCentral(server=server, access_token=access_token) as client:
        return get_own_extension(client)


def read_account(access_token: str) -> AccountInfo:
    """Return the account of an access token. Raises a `RingCentralError`."""
    server = ringcentral_app().server
    with RingCentral(server=server, access_token=access_token) as client:
        return AccountInfo(
            account=get_account(client),
            own=get_own_extension(client),
            extensions=list(list_extensions(client)),
        )


@transaction.atomic
def set_up_organization(
    info: AccountInfo, *, platform: str = "", crm_hostname: str = "", now: datetime
) -> Organization:
    """Create the organization of an account, with its directory, not yet connected.

    Raises `ValidationError` for a wrong host name.
    """
    organization = Organization(
        name=info.account.name,
        rc_account_id=info.account.id,
        region=info.account.region,
        time_zone=info.account.time_zone,
        platform=platform,
        crm_hostname=crm_hostname,
        directory_refreshed_at=now,
    )
    organization.full_clean()
    organization.save()
    RingCentralConnection.objects.create(
        organization=organization,
        extension_id=info.own.id,
        status=RingCentralConnection.Status.RECONNECT_NEEDED,
    )
    store_extensions(organization, info.extensions)
    return organization
