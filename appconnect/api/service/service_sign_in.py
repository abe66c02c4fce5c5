"""GET /oauth/callback: a client gets its service token."""

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework.response import Response
from rest_framework.serializers import CharField

from appconnect.api.base.authentication import UserJwt
from appconnect.api.base.fields import RequestSerializer, TextField
from appconnect.api.service.service_token import (
    NotDone,
    ServiceView,
    issue_service_token,
    issue_session_token,
)
from appconnect.organizations.models import Organization
from appconnect.organizations.people.interop import exchange


class InteropQuery(RequestSerializer):
    code = TextField(required=True, help_text="From RingCentral's generate-code.")


class ServiceSignInView(ServiceView):
    """The token names the person of a settings page, for a day.

    The code of an unmodified client is for RingCentral's own app, which alone can redeem
    it: the userJwt beside the code names the person, for ten minutes.
    """

    authentication_classes = [UserJwt]
    max_per_minute = 60

    @extend_schema(
        parameters=[InteropQuery],
        auth=[{}, {"userJwt": []}],
        responses=inline_serializer("ServiceJwt", {"jwtToken": CharField()}),
    )
    def get(self, request):
        """Get a service token for an interop code."""
        code = InteropQuery.read(request.query_params)["code"]
        session = request.user if request.auth else None
        if session is not None and session.extension_id:
            token = issue_session_token(session)
        else:
            token = token_for_code(code)
        return Response({"jwtToken": token}, headers={"Cache-Control": "no-store"})


def token_for_code(code: str) -> str:
    extension = exchange(code)
    if not Organization.objects.filter(rc_account_id=extension.account_id).exists():
        raise NotDone("This RingCentral account is not set up on this server.")
    return issue_service_token(extension)
