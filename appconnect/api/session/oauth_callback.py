"""GET /oauth-callback: a person comes back from the CRM's sign-in page, in the client."""

from urllib.parse import parse_qs, urlsplit

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from appconnect.api.base.authentication import issue_user_jwt
from appconnect.api.base.exceptions import PlainText, return_message
from appconnect.api.base.permissions import (
    REMOVED,
    is_removed,
    note_right,
    record_denial,
    ringcentral_token,
)
from appconnect.api.base.views import ClientView
from appconnect.api.docs.schema import HTML, query_parameter, ref, said
from appconnect.calls.client.bulkhead import bulkhead
from appconnect.organizations.connections.crm_session import connect_by_oauth
from appconnect.organizations.models import Organization
from appconnect.organizations.people.create_organization import who_is
from appconnect.organizations.security.audit import actor_of
from appconnect.ringcentral.errors import RingCentralError
from connector.errors import ConnectorError

LONGEST = 4096


class OAuthCallbackView(ClientView):
    """The account and the extension are those that RingCentral's token proves, or a userJwt.

    What the query says of them counts for nothing. A refusal is HTTP 200 without a token.
    """

    permission_classes = []
    most_a_minute = 30

    @extend_schema(
        summary="Come back from the CRM's sign-in page",
        parameters=[
            query_parameter(
                "callbackUri",
                "Where the CRM sent the person; the platform is in its `state`.",
                "https://example.com/redirect?code=1&state=platform%3Dsandbox",
                is_needed=True,
            ),
            query_parameter("code", "The CRM's code, where `callbackUri` has none."),
        ],
        auth=[{"userJwt": []}, {"rcAccessToken": []}],
        responses={
            200: ref("SignedIn"),
            (400, HTML): said("Missing callbackUri", "Missing platform name"),
        },
    )
    @bulkhead()
    def get(self, request):
        callback_uri = request.query_params.get("callbackUri", "")
        if not callback_uri:
            raise PlainText("Missing callbackUri")
        platform, code = parse_callback(callback_uri)
        if not platform:
            raise PlainText("Missing platform name")
        code = code or request.query_params.get("code", "")
        if not code or len(callback_uri) + len(code) > LONGEST:
            return refuse("The CRM did not sign you in.")
        token, extension = ringcentral_token(request), None
        if token:
            try:
                extension = who_is(token)
            except RingCentralError as error:
                return refuse(str(error))
            account_id, extension_id = extension.account_id, extension.id
            name = extension.name
        elif request.user is not None and request.auth:
            session = request.user
            account_id = session.organization.rc_account_id
            extension_id, name = session.extension_id, str(session)
        else:
            return refuse("Sign in to RingCentral first.")
        organization = Organization.objects.filter(
            rc_account_id=account_id, platform=platform
        ).first()
        if organization is None:
            return refuse("This RingCentral account does not log to this CRM here.")
        if is_removed(organization, extension_id):
            record_denial(request, organization, name)
            return refuse(REMOVED)
        try:
            session = connect_by_oauth(
                organization,
                code=code,
                redirect_uri=callback_uri.partition("?")[0].partition("#")[0],
                extension_id=extension_id,
                actor=actor_of(request, name),
                now=timezone.now(),
            )
        except ConnectorError as error:
            return refuse(str(error))
        if extension is not None:
            note_right(session, extension)
        display_name = organization.declared.display_name
        said = return_message(f"Connected to {display_name}.", message_type="success")
        return Response(
            {
                "jwtToken": issue_user_jwt(session),
                "name": session.name,
                "returnMessage": said,
            }
        )


def parse_callback(callback_uri: str) -> tuple[str, str]:
    """Return the platform and the code in the address that a CRM sent somebody back to.

    The platform stands inside the `state` that the client sent along, or anywhere.
    """
    try:
        query = parse_qs(urlsplit(callback_uri).query)
    except ValueError:
        return "", ""
    state = query.get("state", [""])[0]
    platform = parse_qs(state).get("platform", [""])[0]
    platform = platform or callback_uri.partition("platform=")[2].partition("&")[0]
    return platform, query.get("code", [""])[0]


def refuse(message: str) -> Response:
    return Response({"returnMessage": return_message(message, message_type="warning")})
