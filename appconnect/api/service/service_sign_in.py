"""GET /oauth/callback: a client gets its service token."""

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework.response import Response
from rest_framework.serializers import CharField

from appconnect.api.base.fields import RequestSerializer, TextField
from appconnect.api.service.service_token import (
    NotDone,
    ServiceView,
    issue_service_token,
)
from appconnect.organizations.models import Organization
from appconnect.organizations.people.interop import exchange


class InteropQuery(RequestSerializer):
    code = TextField(required=True, help_text="From RingCentral's generate-code.")


class ServiceSignInView(ServiceView):
    """The token names the person of a settings page, for a day."""

    authentication_classes = []
    max_per_minute = 60

    @extend_schema(
        parameters=[InteropQuery],
        responses=inline_serializer("ServiceJwt", {"jwtToken": CharField()}),
    )
    def get(self, request):
        """Get a service token for an interop code."""
        extension = exchange(InteropQuery.read(request.query_params)["code"])
        if not Organization.objects.filter(rc_account_id=extension.account_id).exists():
            raise NotDone("This RingCentral account is not set up on this server.")
        body = {"jwtToken": issue_service_token(extension)}
        return Response(body, headers={"Cache-Control": "no-store"})
