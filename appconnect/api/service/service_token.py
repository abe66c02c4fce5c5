"""The logging service's own token: it names a person at a RingCentral account."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException, AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from appconnect.api.base import exceptions
from appconnect.api.base.answers import ServiceError
from appconnect.api.base.authentication import issue_token, read_token
from appconnect.api.base.permissions import has_proof, is_shut_out, record_denial
from appconnect.api.base.views import ClientView
from appconnect.organizations.models import CrmSession, Organization
from appconnect.organizations.people.admin_right import NotAdmin, check_extension_right
from appconnect.organizations.security.audit import Actor, actor_of
from appconnect.ringcentral.errors import Unavailable
from appconnect.ringcentral.extensions import ExtensionInfo

PURPOSE = "logging service token"
AUDIENCE = "logging-service"
LIFETIME_SECONDS = 24 * 3600
SESSION_TOKEN_SECONDS = 600


class NotDone(APIException):
    """The service refuses; the admin reads the reason."""

    status_code = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The person that a service token names."""

    organization: Organization
    extension_id: str
    is_admin: bool
    proved_at: datetime
    """When RingCentral confirmed it."""

    def as_actor(self, request: Request) -> Actor:
        extensions = self.organization.extensions.filter(extension_id=self.extension_id)
        name = extensions.values_list("name", flat=True).first()
        return actor_of(request, name or self.extension_id)


def issue_service_token(extension: ExtensionInfo) -> str:
    """Return a service token for the person at an extension, valid for a day."""
    claims = {
        "aud": AUDIENCE,
        "accountId": extension.account_id,
        "extensionId": extension.id,
        "isAdmin": extension.is_admin,
    }
    return issue_token(PURPOSE, claims, lifetime_seconds=LIFETIME_SECONDS)


def issue_session_token(session: CrmSession) -> str:
    """Return one for the person of a CRM session, valid for ten minutes.

    They are an admin where they proved it within the hour. A client whose token ends
    signs in again, with what its person has proved since.
    """
    claims = {
        "aud": AUDIENCE,
        "accountId": session.organization.rc_account_id,
        "extensionId": session.extension_id,
        "isAdmin": has_proof(session),
    }
    if session.admin_proved_at is not None:
        claims["provedAt"] = int(session.admin_proved_at.timestamp())
    return issue_token(PURPOSE, claims, lifetime_seconds=SESSION_TOKEN_SECONDS)


def read_service_token(token: str) -> Caller | None:
    """Return the caller; None unless the token is ours, in time and of an account here."""
    needed = {name: {"essential": True} for name in ("accountId", "extensionId", "iat")}
    audience = {"essential": True, "value": AUDIENCE}
    claims = read_token(PURPOSE, token, aud=audience, **needed)
    if claims is None:
        return None
    organization = (
        Organization.objects.select_related("ringcentral_connection")
        .filter(rc_account_id=claims["accountId"])
        .first()
    )
    return organization and Caller(
        organization=organization,
        extension_id=claims["extensionId"],
        is_admin=claims.get("isAdmin") is True,
        proved_at=datetime.fromtimestamp(claims.get("provedAt", claims["iat"]), tz=UTC),
    )


class ServiceToken(BaseAuthentication):
    """Reads the token from the X-Access-Token header; `request.user` is the `Caller`."""

    def authenticate(self, request: Request):
        caller = read_service_token(request.headers.get("X-Access-Token", ""))
        if caller is None:
            raise AuthenticationFailed("The service token is missing or not valid.")
        return caller, None  # no claims: it is not refreshed, the client asks anew

    def authenticate_header(self, request: Request) -> str:
        return "X-Access-Token"  # without it the answer would be 403


class IsStillAdmin(BasePermission):
    """The caller is an admin of the RingCentral account at this moment too."""

    def has_permission(self, request: Request, view) -> bool:
        try:
            check_is_admin(request.user)
        except NotAdmin as error:
            caller = request.user
            name = caller.as_actor(request).name
            record_denial(request, caller.organization, name)
            raise NotDone(str(error)) from error
        return True


def check_is_admin(caller: Caller) -> None:
    """Raise `NotAdmin` unless the caller still is one, here and at RingCentral."""
    organization, extension_id = caller.organization, caller.extension_id
    if not caller.is_admin or is_shut_out(organization, extension_id):
        raise NotAdmin("Only an administrator of the RingCentral account may do this.")
    check_extension_right(
        organization, extension_id, confirmed_at=caller.proved_at, now=timezone.now()
    )


class ServiceView(ClientView):
    """A route of the logging service.

    401 is about the token alone; every other refusal is 400, in the shape that the client
    shows.
    """

    tag = "Logging service"
    error = refusal = ServiceError
    authentication_classes = [ServiceToken]
    permission_classes = []

    def get_exception_handler(self):
        return exception_handler

    def finalize_response(self, request, response, *args, **kwargs):
        # No userJwt is renewed here: `request.user` is a `Caller`, or not authenticated.
        return APIView.finalize_response(self, request, response, *args, **kwargs)


def exception_handler(error: Exception, context: dict):
    response = exceptions.exception_handler(error, context)
    if isinstance(error, Unavailable):  # the client shows nothing but a 400
        response.status_code = 400
        message = str(error)
    elif response.status_code == 503:
        return response
    elif isinstance(error, exceptions.Refusal):
        message = f"{error.message}. {error.details}"
    else:
        message = response.data["error"]
    response.data = {"result": {"message": message}}
    return response
