"""GET /serverVersionInfo."""

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from appconnect.api.base.views import ClientView
from appconnect.api.docs.schema import TEXT, shape


class ServerVersionInfoView(ClientView):
    authentication_classes = []
    permission_classes = []

    @extend_schema(
        summary="Tell the server's version",
        responses={200: shape({"version": TEXT}, needs="version")},
    )
    def get(self, request):
        return Response({"version": settings.VERSION})
