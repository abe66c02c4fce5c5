"""GET /authValidation, POST /user/refreshInfo and POST /unAuthorize."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework.response import Response
from rest_framework.serializers import BooleanField

from appconnect.api.base.answers import Answer, ReturnMessage, plain_text
from appconnect.api.base.authentication import has_bad_query_token
from appconnect.api.base.exceptions import (
    AUTHORIZE,
    INVALID_JWT,
    PlainText,
    Refusal,
    return_message,
)
from appconnect.api.base.permissions import HasUserJwt
from appconnect.api.base.views import ClientView
from appconnect.calls.client.bulkhead import bulkhead
from appconnect.organizations.connections.crm_session import (
    check_crm_session,
    end_crm_session,
)
from appconnect.organizations.security.audit import actor_of
from connector.errors import ConnectorError


class AuthValidationView(ClientView):
    """The text `Invalid JWT token` answers a bad token in the query of an old client."""

    permission_classes = []

    @extend_schema(responses={200: Answer, **plain_text(INVALID_JWT, AUTHORIZE)})
    def get(self, request):
        """Ask whether the CRM still takes the person's sign-in."""
        if request.auth is None:
            raise PlainText(INVALID_JWT if has_bad_query_token(request) else AUTHORIZE)
        if request.user is None:
            raise Refusal("User not found")
        try:
            with bulkhead():
                check_crm_session(request.user)
        except ConnectorError as error:
            raise Refusal(str(error)) from error
        message = return_message("The CRM takes this sign-in.", message_type="success")
        return Response({"successful": True, "returnMessage": message})


class RefreshInfoView(ClientView):
    """No connector keeps anything about a person that would have to be read again."""

    @extend_schema(responses=inline_serializer("Done", {"successful": BooleanField()}))
    def post(self, request):
        """Read a person's information again."""
        return Response({"successful": True})


class UnAuthorizeView(ClientView):
    """Answers with the message itself, in no envelope.

    A client whose logging is on has ended the session before, by `/update-crm-token`.
    """

    permission_classes = [HasUserJwt]

    @extend_schema(responses=ReturnMessage)
    def post(self, request):
        """Sign out of the CRM."""
        session, text = request.user, "You are signed out of the CRM."
        if session is not None:
            text = f"Logged out of {session.organization.declared.display_name}"
            actor = actor_of(request, str(session))
            end_crm_session(session, actor=actor, now=timezone.now())
        return Response(return_message(text, message_type="success"))
