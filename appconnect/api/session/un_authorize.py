"""POST /unAuthorize: a person signs out of the CRM."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from appconnect.api.base.exceptions import return_message
from appconnect.api.base.views import ClientView
from appconnect.api.docs.schema import ref
from appconnect.organizations.connections.crm_session import end_crm_session
from appconnect.organizations.security.audit import actor_of


class UnAuthorizeView(ClientView):
    """Answers with the message itself, in no envelope."""

    @extend_schema(
        summary="Sign out of the CRM",
        request=None,
        responses={200: ref("ReturnMessage")},
    )
    def post(self, request):
        display_name = request.user.organization.declared.display_name
        actor = actor_of(request, str(request.user))
        end_crm_session(request.user, actor=actor, now=timezone.now())
        return Response(
            return_message(f"Logged out of {display_name}", message_type="success")
        )
