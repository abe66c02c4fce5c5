"""Permissions of the REST endpoints, and how an admin is proved."""

import re
from datetime import timedelta

from django.utils import timezone
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from appconnect.api.base.body import MAX_BODY_BYTES, BodyTooLong, length_of
from appconnect.api.base.exceptions import AUTHORIZE, PlainText
from appconnect.organizations.models import AuditEntry, CrmSession, Member, Organization
from appconnect.organizations.people.admin_right import (
    CONFIRMATION_INTERVAL,
    NotAdmin,
    Unconfirmed,
    check_extension_right,
)
from appconnect.organizations.people.identity import identify
from appconnect.organizations.security.audit import actor_of
from appconnect.organizations.security.refusals import record_refusal
from appconnect.ringcentral.errors import Unavailable
from appconnect.ringcentral.extensions import ExtensionInfo

PROOF_LIFETIME = timedelta(hours=1)
NO_ADMIN = "Admin validation failed"
NEEDS_HEADER = (
    "The request body is too long to look for a token there: send RingCentral's access "
    "token in the X-RC-Access-Token header. Nothing was saved."
)
REMOVED = "You were removed here. Ask an admin to add you again."


class HasUserJwt(BasePermission):
    """The request carries a userJwt; its CRM session may be gone: `request.user` is None."""

    def has_permission(self, request: Request, view) -> bool:
        if request.auth is None:
            raise PlainText(AUTHORIZE)
        return True


class HasCrmSession(HasUserJwt):
    """The request carries the userJwt of a CRM session that is there."""

    def has_permission(self, request: Request, view) -> bool:
        super().has_permission(request, view)
        if request.user is None:
            raise PlainText("User not found")
        return True


class IsRingCentralAdmin(HasCrmSession):
    """The person is also an admin of the same RingCentral account.

    RingCentral itself is asked, with the token that the request carries, once a minute.
    An old client sends none with some requests: for an hour after the last proof, it is
    asked over the organization's own connection. While it does not answer, that proof
    counts.
    """

    records_refusals = True

    def has_permission(self, request: Request, view) -> bool:
        super().has_permission(request, view)
        session = request.user
        try:
            check_admin(session, ringcentral_token(request))
        except PlainText:
            if self.records_refusals:
                record_denial(request, session.organization, str(session))
            raise
        return True


class IsAdminsClient(IsRingCentralAdmin):
    """The same where every client asks, to find out whether its person is an admin."""

    records_refusals = False


def check_admin(session: CrmSession, token: str) -> None:
    """Refuse unless RingCentral's `token`, or the last proof, is that of an admin."""
    if token:
        try:
            prove_admin(session, identify(token))
        except Unavailable:
            # A failure of GET /admin/settings hides the client's admin tab.
            if not has_proof(session):
                raise
            confirm_proof(session)
    elif has_proof(session):
        confirm_proof(session)
    else:
        raise PlainText(NO_ADMIN, status=403)
    if session.is_shut_out:
        raise PlainText(NO_ADMIN, status=403)


def confirm_proof(session: CrmSession) -> None:
    """Refuse where RingCentral, asked once a minute without the person's token, denies it.

    A denial ends the proof. While RingCentral does not answer, it counts for its hour;
    then this raises `Unavailable`.
    """
    try:
        check_extension_right(
            session.organization,
            session.extension_id,
            confirmed_at=session.admin_proved_at,
            now=timezone.now(),
        )
    except Unconfirmed as error:
        raise Unavailable(str(error)) from error
    except NotAdmin as error:
        session.admin_proved_at = None
        session.save(update_fields=["admin_proved_at"])
        raise PlainText(NO_ADMIN, status=403) from error


def prove_account_admin(request: Request) -> tuple[Organization, str]:
    """Return the organization and the name of the admin whose RingCentral token is there.

    A userJwt is not needed; one of another account is refused. While RingCentral does not
    answer, the last proof of the userJwt's person counts, as in `check_admin`.
    """
    token = ringcentral_token(request)
    if not token:
        raise PlainText(NO_ADMIN, status=403)
    try:
        extension = identify(token)
    except Unavailable:
        session = request.user if request.auth else None
        if session is None or not has_proof(session):
            raise
        return confirm_proved_admin(request, session)
    accounts = Organization.objects.filter(rc_account_id=extension.account_id)
    organization = accounts.first()
    if organization is None:
        raise PlainText(NO_ADMIN, status=403)
    session = request.user if request.auth else None
    try:
        if session:
            prove_admin(session, extension)
        if not extension.is_admin or is_shut_out(organization, extension.id):
            raise PlainText(NO_ADMIN, status=403)
    except PlainText:
        if session:
            record_denial(request, session.organization, str(session))
        else:
            record_denial(request, organization, extension.name)
        raise
    return organization, extension.name


def confirm_proved_admin(
    request: Request, session: CrmSession
) -> tuple[Organization, str]:
    """Return the same by the last proof of the userJwt's person."""
    try:
        confirm_proof(session)
        if session.is_shut_out:
            raise PlainText(NO_ADMIN, status=403)
    except PlainText:
        record_denial(request, session.organization, str(session))
        raise
    return session.organization, str(session)


def record_denial(request: Request, organization: Organization, name: str) -> None:
    """Log in the audit log that a known person was refused an admin's request."""
    record_refusal(
        organization,
        AuditEntry.Action.ACCESS_DENIED,
        actor=actor_of(request, name),
        subject=f"{request.method} {request.path}",
        now=timezone.now(),
    )


def is_shut_out(organization: Organization, extension_id: str) -> bool:
    """Return whether the console's team has removed the person, or made them no admin.

    For a person who is not in the team, RingCentral's word alone counts.
    """
    role = find_role(organization, extension_id)
    return role not in (None, (Member.Role.ADMIN, True))


def is_removed(organization: Organization, extension_id: str) -> bool:
    """Return whether the console's team has removed the person."""
    _role, is_in_team = find_role(organization, extension_id) or ("", True)
    return not is_in_team


def find_role(organization: Organization, extension_id: str) -> tuple[str, bool] | None:
    """Return the role that the console's team gives a person, and whether they are in it.

    None for a person who has never been in the team.
    """
    if not extension_id:
        return None
    members = organization.members.filter(extension_id=extension_id)
    return members.values_list("role", "user__is_active").first()


def ringcentral_token(request: Request) -> str:
    """Return the RingCentral access token of a request: header, body or query.

    With one in the header the body is not read. A long body is read for one only where
    the person has proved to be an admin: parsed, 50 MB are a gigabyte. Raises
    `BodyTooLong` where it would have to be read.
    """
    token = request.headers.get("X-RC-Access-Token")
    if not token and is_body_read(request) and isinstance(request.data, dict):
        token = request.data.get("rcAccessToken")
    if not (isinstance(token, str) and token):
        token = request.query_params.get("rcAccessToken", "")
    if not (token or is_body_read(request)):
        raise BodyTooLong(NEEDS_HEADER)
    return re.sub("^bearer ", "", token, flags=re.IGNORECASE).strip()


def is_body_read(request: Request) -> bool:
    """Return whether the body is short, or of a person who has proved to be an admin."""
    if length_of(request) <= MAX_BODY_BYTES:
        return True
    session = request.user if request.auth else None
    return session is not None and has_proof(session)


def prove_admin(session: CrmSession, extension: ExtensionInfo) -> None:
    """Store that the session's person is an admin of the session's account, or refuse."""
    if not store_admin_proof(session, extension):
        raise PlainText(NO_ADMIN, status=403)


def store_admin_proof(session: CrmSession, extension: ExtensionInfo) -> bool:
    """Return whether RingCentral's token is that of an admin of the session's account.

    The result is stored for later requests without a token, unless it is stored already
    and counts for some time yet.
    """
    is_same_account = extension.account_id == session.organization.rc_account_id
    is_admin = is_same_account and extension.is_admin
    if is_admin:
        is_stored = has_proof(session, lifetime=PROOF_LIFETIME / 2)
    else:
        is_stored = session.admin_proved_at is None
    if not is_stored:
        # What RingCentral said may be a minute old.
        said_at = timezone.now() - CONFIRMATION_INTERVAL
        session.admin_proved_at = said_at if is_admin else None
        session.save(update_fields=["admin_proved_at"])
    return is_admin


def has_proof(session: CrmSession, *, lifetime: timedelta = PROOF_LIFETIME) -> bool:
    """Return whether the session's person proved within `lifetime` to be an admin."""
    proved_at = session.admin_proved_at
    return proved_at is not None and proved_at > timezone.now() - lifetime
