"""GET /hostname, GET /serverVersionInfo and GET /releaseNotes."""

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework.response import Response
from rest_framework.serializers import CharField

from appconnect.api.base.answers import plain_text
from appconnect.api.base.exceptions import PLAIN
from appconnect.api.base.views import ClientView, OpenView


class HostnameView(ClientView):
    """Answers with the host of the CRM, as a bare text."""

    @extend_schema(responses=plain_text("crm.example.com", status=200))
    def get(self, request):
        """Name the CRM's host."""
        return HttpResponse(request.user.organization.crm_hostname, content_type=PLAIN)


class ServerVersionInfoView(OpenView):
    @extend_schema(responses=inline_serializer("Version", {"version": CharField()}))
    def get(self, request):
        """Report the server's version."""
        return Response({"version": settings.VERSION})


class ReleaseNotesView(OpenView):
    """The client shows its own notes, and those here of its version: there are none."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request):
        """List what is new for people, by version."""
        return Response({})
