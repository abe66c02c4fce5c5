"""GET /authValidation: does the CRM still take the person's sign-in?"""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from appconnect.api.base.authentication import has_bad_query_token
from appconnect.api.base.exceptions import (
    AUTHORIZE,
    INVALID_JWT,
    PlainText,
    return_message,
)
from appconnect.api.base.views import ClientView
from appconnect.api.docs.schema import HTML, ref, said
from appconnect.calls.client.bulkhead import bulkhead
from appconnect.organizations.connections.crm_session import check_crm_session
from connector.errors import ConnectorError


class AuthValidationView(ClientView):
    """The text `Invalid JWT token` answers a bad token in the query of an old client."""

    permission_classes = []

    @extend_schema(
        summary="Ask whether the CRM still takes the person's sign-in",
        responses={
            200: ref("Answer"),
            (400, HTML): said(INVALID_JWT, AUTHORIZE),
        },
    )
    def get(self, request):
        if request.auth is None:
            raise PlainText(INVALID_JWT if has_bad_query_token(request) else AUTHORIZE)
        if request.user is None:
            return answer(is_valid=False, message="User not found")
        try:
            with bulkhead():
                check_crm_session(request.user)
        except ConnectorError as error:
            return answer(is_valid=False, message=str(error))
        return answer(is_valid=True, message="The CRM takes this sign-in.")


def answer(*, is_valid: bool, message: str) -> Response:
    message_type = "success" if is_valid else "warning"
    said = return_message(message, message_type=message_type)
    return Response({"successful": is_valid, "returnMessage": said})
