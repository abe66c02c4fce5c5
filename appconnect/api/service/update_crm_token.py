"""POST /update-crm-token: every person's client tells in which CRM session they are."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from appconnect.api.base.authentication import find_session, read_user_jwt
from appconnect.api.base.views import body_member
from appconnect.api.docs.schema import JSON, TEXT, about, shape
from appconnect.api.service.service_token import NotDone, ServiceView
from appconnect.organizations.connections.connectors import find_crm_session
from appconnect.organizations.connections.crm_session import (
    end_crm_session,
    give_crm_session,
)
from appconnect.organizations.models import CrmSession

CRM_TOKEN = {
    "crmToken": about("A userJwt; empty to end the session.", TEXT),
    "crmPlatform": TEXT,
}


class UpdateCrmTokenView(ServiceView):
    """An empty token ends the session of the person at the caller's extension."""

    @extend_schema(
        summary="Give the logging service one's CRM session",
        request={
            JSON: shape(
                CRM_TOKEN,
                needs="crmToken",
                example={"crmToken": "", "crmPlatform": "sandbox"},
            )
        },
        responses={200: shape({})},
    )
    def post(self, request):
        caller, now = request.user, timezone.now()
        actor = caller.as_actor(request)
        if body_member(request, "crmToken", str) == "":
            session = find_crm_session(
                caller.organization, extension_id=caller.extension_id
            )
            if session is not None:
                end_crm_session(session, actor=actor, now=now)
        else:
            session = session_from(request)
            give_crm_session(
                session, extension_id=caller.extension_id, actor=actor, now=now
            )
        return Response({})


def session_from(request: Request) -> CrmSession:
    """Return the CRM session of the posted userJwt, in the CRM of the caller's account."""
    organization = request.user.organization
    platform = body_member(request, "crmPlatform", str)
    if platform not in (None, organization.platform):
        raise NotDone("This RingCentral account does not log to this CRM here.")
    claims = read_user_jwt(body_member(request, "crmToken", str) or "")
    session = find_session(claims) if claims else None
    if session is None or session.organization != organization:
        raise NotDone("You are not connected to the CRM here. Connect to it first.")
    return session
