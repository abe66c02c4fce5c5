"""POST /apiKeyLogin: a person signs in to the CRM and gets a userJwt."""

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
from appconnect.api.base.views import ClientView, body_member
from appconnect.api.docs.schema import HTML, JSON, TEXT, ref, said, shape
from appconnect.calls.client.bulkhead import bulkhead
from appconnect.organizations.connections.crm_session import connect_crm_session
from appconnect.organizations.models import Organization
from appconnect.organizations.people.create_organization import who_is
from appconnect.organizations.security.audit import actor_of
from connector.errors import ConnectorError

LOGIN = shape(
    {
        "platform": TEXT,
        "apiKey": TEXT,
        "additionalInfo": shape({"apiKey": TEXT}),
        "rcAccessToken": TEXT,
    },
    needs="platform",
    example={"platform": "sandbox", "apiKey": "sandbox-key-u1"},
)


class ApiKeyLoginView(ClientView):
    """The organization is the one of the RingCentral account that the request proves."""

    authentication_classes = []
    permission_classes = []
    most_a_minute = 30

    @extend_schema(
        summary="Sign in to the CRM with an API key",
        auth=[{"rcAccessToken": []}],
        request={JSON: LOGIN},
        responses={
            200: ref("SignedIn"),
            (400, HTML): said("Missing platform name"),
            (400, JSON): {"oneOf": [ref("SignedIn"), ref("Error")]},
        },
    )
    @bulkhead()
    def post(self, request):
        platform = body_member(request, "platform", str)
        if not platform:
            raise PlainText("Missing platform name")
        additional = body_member(request, "additionalInfo", dict) or {}
        api_key = body_member(request, "apiKey", str) or additional.get("apiKey")
        token = ringcentral_token(request)
        if not (isinstance(api_key, str) and api_key):
            return refuse("Missing required authentication fields.")
        if not token:
            return refuse("Sign in to RingCentral first.")
        extension = who_is(token)
        organization = Organization.objects.filter(
            rc_account_id=extension.account_id, platform=platform
        ).first()
        if organization is None:
            return refuse("This RingCentral account does not log to this CRM here.")
        if is_removed(organization, extension.id):
            record_denial(request, organization, extension.name)
            return refuse(REMOVED)
        try:
            session = connect_crm_session(
                organization,
                api_key=api_key,
                extension_id=extension.id,
                actor=actor_of(request, extension.name),
                now=timezone.now(),
            )
        except ConnectorError as error:
            return refuse(str(error))
        note_right(session, extension)
        message = return_message(f"Connected to {platform}.", message_type="success")
        return Response(
            {
                "jwtToken": issue_user_jwt(session),
                "name": session.name,
                "returnMessage": message,
            }
        )


def refuse(message: str) -> Response:
    said = return_message(message, message_type="warning")
    return Response({"returnMessage": said}, status=400)
