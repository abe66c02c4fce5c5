"""Signing a person in to the CRM."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from appconnect.organizations.connections.connectors import (
    make_credentials,
    open_connector,
)
from appconnect.organizations.connections.crm_sign_in import StoredSignIn
from appconnect.organizations.models import AuditEntry, CrmSession, Organization
from appconnect.organizations.security import audit
from appconnect.organizations.security.audit import Actor
from appconnect.organizations.security.refusals import record_refusal
from connector.errors import CredentialsRejected
from connector.types import Credentials, OAuthInfo, SignedIn, SignInKeeper, UserInfo


def connect_crm_session(
    organization: Organization,
    *,
    api_key: str,
    extension_id: str,
    actor: Actor,
    now: datetime,
) -> CrmSession:
    """Test an API key at the CRM and store it as a person's session, replacing the last.

    `extension_id` is that person's RingCentral extension: two people who share a CRM
    user have a session each. Raises a `ConnectorError`.
    """
    credentials = Credentials(hostname=organization.crm_hostname, access_token=api_key)
    with (
        recording_refusals(organization, actor=actor, now=now),
        open_connector(
            organization, credentials, sign_in_keeper=SignInKeeper()
        ) as connector,
    ):
        user = connector.get_user_info()
    return store_session(
        organization,
        user,
        extension_id=extension_id,
        api_key=api_key,
        signed_in={},
        actor=actor,
        now=now,
    )


def check_crm_session(session: CrmSession) -> UserInfo:
    """Return the CRM's user of a session. Raises a `ConnectorError` where it has ended."""
    credentials = make_credentials(session.organization, {}, crm_session=session)
    with open_connector(session.organization, credentials) as connector:
        return connector.get_user_info()


@transaction.atomic
def end_crm_session(session: CrmSession, *, actor: Actor, now: datetime) -> None:
    """Sign a person out of the CRM: their tokens and userJwt are no longer accepted."""
    organization = session.organization
    session.delete()
    organization.configuration_changed()
    action = AuditEntry.Action.CRM_DISCONNECTED
    audit.log(organization, action, actor=actor, subject=str(session), now=now)


@transaction.atomic
def give_crm_session(
    session: CrmSession, *, extension_id: str, actor: Actor, now: datetime
) -> None:
    """Give a session to the person at an extension, replacing any that they had."""
    if session.extension_id == extension_id:
        return
    organization = session.organization
    theirs = organization.crm_sessions.filter(platform=session.platform)
    theirs.filter(extension_id=extension_id).delete()
    session.extension_id = extension_id
    session.admin_proved_at = None  # that was somebody else
    session.save(update_fields=["extension_id", "admin_proved_at"])
    organization.configuration_changed()
    action = AuditEntry.Action.CRM_CONNECTED
    audit.log(organization, action, actor=actor, subject=str(session), now=now)


def get_oauth_info(organization: Organization) -> OAuthInfo:
    """Return where people sign in to the CRM. Raises a `ConnectorError`."""
    credentials = make_credentials(organization, {})
    with open_connector(organization, credentials) as connector:
        return connector.get_oauth_info()


def connect_by_oauth(
    organization: Organization,
    *,
    code: str,
    redirect_uri: str,
    code_verifier: str = "",
    extension_id: str,
    actor: Actor,
    now: datetime,
) -> CrmSession:
    """Exchange the code from the CRM's sign-in page, and store a person's session.

    `code_verifier` is empty where the code was requested without PKCE.
    """
    credentials = make_credentials(organization, {})
    with (
        recording_refusals(organization, actor=actor, now=now),
        open_connector(
            organization, credentials, sign_in_keeper=SignInKeeper()
        ) as connector,
    ):
        signed_in = connector.exchange_code(
            code, redirect_uri=redirect_uri, code_verifier=code_verifier
        )
    keeper = SignInKeeper(signed_in)
    with open_connector(organization, credentials, sign_in_keeper=keeper) as connector:
        user = connector.get_user_info()
    return store_session(
        organization,
        user,
        extension_id=extension_id,
        api_key="",
        signed_in=keeper.get(),
        actor=actor,
        now=now,
    )


@contextmanager
def recording_refusals(
    organization: Organization, *, actor: Actor, now: datetime
) -> Iterator[None]:
    """Log that the CRM refused the person whom the block signs in."""
    try:
        yield
    except CredentialsRejected:
        record_refusal(
            organization,
            AuditEntry.Action.SIGN_IN_FAILED,
            actor=actor,
            subject=_("to the CRM"),
            now=now,
        )
        raise


@transaction.atomic
def store_session(
    organization: Organization,
    user: UserInfo,
    *,
    extension_id: str,
    api_key: str,
    signed_in: SignedIn,
    actor: Actor,
    now: datetime,
) -> CrmSession:
    """Store a sign-in in place of the person's last. Raises `CrmChanged`."""
    organization.lock_for_crm()
    key = {
        "organization": organization,
        "platform": organization.platform,
        "extension_id": extension_id,
    }
    session = CrmSession.objects.filter(**key).first() or CrmSession(**key)
    session.crm_user_id, session.name = user.id, user.name[:200]
    session.access_token = api_key
    session.save()
    if signed_in:
        credentials = make_credentials(organization, {}, crm_session=session)
        StoredSignIn(organization, credentials).put(signed_in)
    organization.configuration_changed()
    action = AuditEntry.Action.CRM_CONNECTED
    audit.log(organization, action, actor=actor, subject=str(session), now=now)
    return session
