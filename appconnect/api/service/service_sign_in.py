"""GET /oauth/callback: a client gets its service token."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from appconnect.api.docs.schema import TEXT, query_parameter, shape
from appconnect.api.service.service_token import (
    NotDone,
    ServiceView,
    issue_service_token,
)
from appconnect.organizations.models import Organization
from appconnect.organizations.people.interop import exchange


class ServiceSignInView(ServiceView):
    """The token says whose settings page it is, for a day."""

    authentication_classes = []
    most_a_minute = 60

    @extend_schema(
        summary="Get a service token for an interop code",
        parameters=[
            query_parameter("code", "From RingCentral's generate-code.", is_needed=True)
        ],
        responses={200: shape({"jwtToken": TEXT}, needs="jwtToken")},
    )
    def get(self, request):
        code = request.query_params.get("code")
        if not code:
            raise NotDone("code is missing.")
        extension = exchange(code)
        if not Organization.objects.filter(rc_account_id=extension.account_id).exists():
            raise NotDone("This RingCentral account is not set up on this server.")
        body = {"jwtToken": issue_service_token(extension)}
        return Response(body, headers={"Cache-Control": "no-store"})
