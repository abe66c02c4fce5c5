"""Opening a connector with the organization's credentials."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from copy import copy

from django.conf import settings
from django.db import connection

from appconnect.organizations.connections.crm_sign_in import StoredSignIn
from appconnect.organizations.models import (
    CrmSession,
    Organization,
    ServerLoggingSettings,
)
from appconnect.rows import read_row, with_columns
from connector.base import Connector
from connector.http.session import open_session
from connector.registry import get_connector_class
from connector.types import Credentials, SignInKeeper

SETTINGS = with_columns(
    """
    SELECT {settings} FROM organizations_serverloggingsettings settings
    WHERE organization_id = %s AND platform = %s
    """,
    settings=ServerLoggingSettings,
)


class NoCredentials(Exception):
    """The organization has not connected its CRM; the message says what is missing."""


def get_settings(organization: Organization) -> ServerLoggingSettings:
    """Return the settings for the organization's CRM; unsaved defaults where none are stored."""
    if organization.configuration is not None:
        found = copy(organization.configuration.settings)
    else:
        platform = organization.platform
        key = Organization._meta.pk.get_db_prep_value(organization.pk, connection)
        stored = read_row(ServerLoggingSettings, SETTINGS, [key, platform])
        found = stored or ServerLoggingSettings(platform=platform)
    found.organization = organization  # saves a query
    return found


def find_crm_session(
    organization: Organization, *, extension_id: str
) -> CrmSession | None:
    """Return the CRM session of the person at this extension, where there is one."""
    if not extension_id:
        return None
    return organization.crm_sessions.filter(
        platform=organization.platform, extension_id=extension_id
    ).first()


def organization_credentials(stored: ServerLoggingSettings) -> Credentials:
    """Return the organization's own credentials for its CRM.

    The service account where the manifest has one, else the admin's own CRM session.
    Raises `NoCredentials`.
    """
    organization = stored.organization
    if organization.declared.server_side_logging.uses_service_account:
        if not stored.additional_field_values:
            raise NoCredentials(
                "The settings of the service account are not filled in."
            )
        return make_credentials(organization, stored.additional_field_values)
    session = find_crm_session(organization, extension_id=stored.admin_extension_id)
    if session is None:
        raise NoCredentials("The admin has not connected their own CRM session.")
    return make_credentials(
        organization, stored.additional_field_values or {}, crm_session=session
    )


def make_credentials(
    organization: Organization,
    server_logging_settings: Mapping[str, str],
    *,
    crm_session: CrmSession | None = None,
) -> Credentials:
    client = settings.CRM_OAUTH_CLIENTS.get(organization.platform, "")
    client_id, _colon, client_secret = client.partition(":")
    return Credentials(
        hostname=organization.crm_hostname,
        access_token=crm_session.access_token or "" if crm_session else "",
        server_logging_settings=server_logging_settings,
        session_id=str(crm_session.pk) if crm_session else "",
        client_id=client_id,
        client_secret=client_secret,
    )


def session_credentials(
    crm_session: CrmSession, stored: ServerLoggingSettings
) -> Credentials:
    """Return the credentials of a person's own CRM session."""
    values = stored.additional_field_values or {}
    return make_credentials(stored.organization, values, crm_session=crm_session)


def can_prove_credentials(platform: str) -> bool:
    """Return whether the connector tries the service account's values before they are stored."""
    connector_class = get_connector_class(platform)
    return any(
        map(
            connector_class.implements,
            ("update_server_logging_settings", "get_user_info"),
        )
    )


@contextmanager
def open_connector(
    organization: Organization,
    credentials: Credentials,
    *,
    sign_in_keeper: SignInKeeper | None = None,
) -> Iterator[Connector]:
    """Open the connector of the organization's CRM, and close it at the end of the block.

    The result of a sign-in is stored, unless another `sign_in_keeper` is given.
    """
    connector = get_connector_class(organization.platform)(
        credentials,
        session=open_session(private_hosts=settings.CRM_PRIVATE_HOSTS),
        sign_in_keeper=sign_in_keeper or StoredSignIn(organization, credentials),
    )
    connector.region = organization.region
    try:
        yield connector
    finally:
        connector.close()


@contextmanager
def open_on_trial(
    organization: Organization,
    values: Mapping[str, str],
    *,
    admin_extension_id: str,
) -> Iterator[Connector]:
    """Open a connector to test additional fields, or in the admin's own session.

    The result of an earlier sign-in of the service account is not used. Raises
    `NoCredentials`.
    """
    if organization.declared.server_side_logging.uses_service_account:
        session, keeper = None, SignInKeeper()
    else:
        session = find_crm_session(organization, extension_id=admin_extension_id)
        keeper = None
        if session is None:
            raise NoCredentials("Connect your own CRM session first.")
    credentials = make_credentials(organization, values, crm_session=session)
    with open_connector(organization, credentials, sign_in_keeper=keeper) as connector:
        yield connector


class Connectors:
    """The connectors of one piece of work, one for each set of credentials.

    Used in a ``with`` block, at whose end all are closed.
    """

    def __init__(self, organization: Organization):
        self._organization = organization
        self._stack = ExitStack()
        self._opened: list[tuple[Credentials, Connector]] = []
        self._used: Credentials | None = None

    def __enter__(self) -> "Connectors":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stack.close()

    def open(self, credentials: Credentials) -> Connector:
        self._used = credentials
        for opened_with, connector in self._opened:
            if opened_with == credentials:
                return connector
        connector = self._stack.enter_context(
            open_connector(self._organization, credentials)
        )
        self._opened.append((credentials, connector))
        return connector

    @property
    def are_used(self) -> bool:
        """Whether any connector was opened."""
        return self._used is not None

    def used_for(self, settings: ServerLoggingSettings) -> bool:
        """Return whether the last credentials were the organization's, not a person's."""
        try:
            return self._used == organization_credentials(settings)
        except NoCredentials:
            return False
