"""POST /update-crm-token: each client gives its person's CRM session."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from appconnect.api.base.answers import example
from appconnect.api.base.authentication import find_session, read_user_jwt
from appconnect.api.base.fields import RequestSerializer, StrictTextField
from appconnect.api.service.service_token import NotDone, ServiceView
from appconnect.organizations.connections.connectors import find_crm_session
from appconnect.organizations.connections.crm_session import (
    end_crm_session,
    give_crm_session,
)
from appconnect.organizations.models import CrmSession, Organization


@example(crmToken="", crmPlatform="sandbox")
class CrmToken(RequestSerializer):
    crmToken = StrictTextField(
        default=None, help_text="A userJwt; empty to end the session."
    )
    crmPlatform = StrictTextField(default=None)


class UpdateCrmTokenView(ServiceView):
    """An empty token ends the session of the person at the caller's extension."""

    @extend_schema(request=CrmToken, responses={200: {"type": "object"}})
    def post(self, request):
        """Give the logging service a person's CRM session."""
        caller, now = request.user, timezone.now()
        actor = caller.as_actor(request)
        payload = CrmToken.read(request.data)
        if payload["crmToken"] == "":
            session = find_crm_session(
                caller.organization, extension_id=caller.extension_id
            )
            if session is not None:
                end_crm_session(session, actor=actor, now=now)
        else:
            session = session_of(caller.organization, payload)
            give_crm_session(
                session, extension_id=caller.extension_id, actor=actor, now=now
            )
        return Response({})


def session_of(
    organization: Organization, payload: dict[str, str | None]
) -> CrmSession:
    """Return the CRM session of a `CrmToken`, in the CRM of the organization."""
    if payload["crmPlatform"] not in (None, organization.platform):
        raise NotDone("This RingCentral account does not log to this CRM here.")
    claims = read_user_jwt(payload["crmToken"] or "")
    session = find_session(claims) if claims else None
    if session is None or session.organization != organization:
        raise NotDone("You are not connected to the CRM here. Connect to it first.")
    return session
