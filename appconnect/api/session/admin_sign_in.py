"""GET /ringcentral/oauth/callback: an admin's client signs them in at RingCentral."""

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework.response import Response
from rest_framework.serializers import BooleanField

from appconnect.api.base.answers import plain_text
from appconnect.api.base.exceptions import PlainText
from appconnect.api.base.fields import RequestSerializer, TextField
from appconnect.api.base.permissions import NO_ADMIN, prove_admin
from appconnect.api.base.views import ClientView
from appconnect.organizations.people.interop import exchange
from appconnect.ringcentral.errors import RingCentralError, Unavailable

INVALID = "Invalid request"


class CodeQuery(RequestSerializer):
    code = TextField(help_text="From RingCentral's generate-code, for this server.")


class AdminSignInView(ClientView):
    """Proves the person of the userJwt to be an admin, for an hour.

    The organization's own connection to RingCentral is made in the console: no client
    replaces it.
    """

    max_per_minute = 30
    limits_everybody = True  # each asks RingCentral about a code

    @extend_schema(
        parameters=[CodeQuery],
        responses={
            200: inline_serializer("Proved", {"successful": BooleanField()}),
            **plain_text(INVALID),
            **plain_text(NO_ADMIN, status=403),
        },
    )
    def get(self, request):
        """Prove an admin by an interop code."""
        code = CodeQuery.read(request.query_params)["code"]
        if not code:
            raise PlainText(INVALID)
        try:
            extension = exchange(code)
        except Unavailable:
            raise
        except RingCentralError as error:
            raise PlainText(INVALID) from error
        if extension.id != request.user.extension_id:
            raise PlainText(NO_ADMIN, status=403)
        prove_admin(request.user, extension)
        return Response({"successful": True})
