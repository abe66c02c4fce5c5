"""GET /userInfoHash."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from appconnect.api.base.views import ClientView
from appconnect.api.docs.schema import TEXT, query_parameter, shape
from appconnect.organizations.client.client_hash import client_hash


class UserInfoHashView(ClientView):
    """Gives a client the hashes of its own ids, before it has signed in anywhere."""

    authentication_classes = []
    permission_classes = []
    most_a_minute = 60

    @extend_schema(
        summary="Hash a client's own ids",
        parameters=[
            query_parameter("extensionId", "At RingCentral."),
            query_parameter("accountId", "At RingCentral."),
        ],
        responses={
            200: shape(
                {"extensionId": TEXT, "accountId": TEXT}, needs="extensionId accountId"
            )
        },
    )
    def get(self, request):
        query = request.query_params
        return Response(
            {
                "extensionId": client_hash(query.get("extensionId", "undefined")),
                "accountId": client_hash(query.get("accountId", "undefined")),
            }
        )
