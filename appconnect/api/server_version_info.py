"""GET /serverVersionInfo."""

from django.conf import settings
from rest_framework.response import Response

from appconnect.api.views import ClientView


class ServerVersionInfoView(ClientView):
    authentication_classes = []
    permission_classes = []

    def get(self, request):
        return Response({"version": settings.VERSION})
