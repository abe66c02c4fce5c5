"""Where a person's sign-in to the CRM becomes a userJwt, however it was made."""

from collections.abc import Callable

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from appconnect.api.base.authentication import issue_user_jwt
from appconnect.api.base.exceptions import return_message
from appconnect.api.base.permissions import REMOVED, is_removed, record_denial
from appconnect.api.base.views import ClientView
from appconnect.organizations.connections.connectors import NoCredentials
from appconnect.organizations.models import CrmSession, Organization
from appconnect.organizations.security.audit import actor_of
from connector.errors import ConnectorError

PROOF_MISSING = (
    "Sign in to RingCentral first. If you are signed in, update App Connect: this version "
    "does not prove to this server who you are."
)


class NotSignedIn(Exception):
    """Names the reason; the answer has no token."""


class SignInView(ClientView):
    refusal_status = 400

    def get_exception_handler(self):
        handle = super().get_exception_handler()

        def handle_refusal(error: Exception, context: dict):
            if not isinstance(error, NotSignedIn):
                return handle(error, context)
            message = return_message(str(error), message_type="warning")
            return Response({"returnMessage": message}, status=self.refusal_status)

        return handle_refusal


def sign_in(
    request: Request,
    *,
    account_id: str,
    platform: str,
    extension_id: str,
    name: str,
    connect: Callable[..., CrmSession],
) -> CrmSession:
    """Return the session that `connect` makes for a person. Raises `NotSignedIn`."""
    organization = Organization.objects.filter(
        rc_account_id=account_id, platform=platform
    ).first()
    if organization is None:
        raise NotSignedIn("This RingCentral account does not log to this CRM here.")
    if is_removed(organization, extension_id):
        record_denial(request, organization, name)
        raise NotSignedIn(REMOVED)
    try:
        return connect(
            organization,
            extension_id=extension_id,
            actor=actor_of(request, name),
            now=timezone.now(),
        )
    except (ConnectorError, NoCredentials) as error:
        raise NotSignedIn(str(error)) from error


def signed_in(session: CrmSession, connected_to: str) -> Response:
    message = return_message(f"Connected to {connected_to}.", message_type="success")
    return Response(
        {
            "jwtToken": issue_user_jwt(session),
            "name": session.name,
            "returnMessage": message,
        }
    )
