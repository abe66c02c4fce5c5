"""POST /unAuthorize: a person signs out of the CRM."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from appconnect.api.exceptions import return_message
from appconnect.api.schema import ref
from appconnect.api.views import ClientView
from appconnect.organizations.crm_session import end_crm_session


class UnAuthorizeView(ClientView):
    """Answers with the message itself, in no envelope."""

    @extend_schema(
        summary="Sign out of the CRM",
        request=None,
        responses={200: ref("ReturnMessage")},
    )
    def post(self, request):
        display_name = request.user.organization.declared.display_name
        end_crm_session(request.user)
        return Response(
            return_message(f"Logged out of {display_name}", message_type="success")
        )
