"""GET and POST /admin/settings."""

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.exceptions import ParseError
from rest_framework.response import Response

from appconnect.api.exceptions import TEXT
from appconnect.api.permissions import IsRingCentralAdmin, prove_account_admin
from appconnect.api.views import ClientView, body_member
from appconnect.calls import queue
from appconnect.organizations.audit import actor_of
from appconnect.organizations.client_settings import (
    account_settings,
    update_account_settings,
)


class AdminSettingsView(ClientView):
    max_body_bytes = 50 * 1024 * 1024
    """App Connect's own limit: the mapping of a whole company fits."""

    def get_permissions(self):
        return [IsRingCentralAdmin()] if self.request.method == "GET" else []

    def get(self, request):
        return Response(account_settings(request.user.organization))

    def post(self, request):
        organization, admin = prove_account_admin(request)
        posted = body_member(request, "adminSettings", dict)
        if posted is None:
            raise ParseError("adminSettings is missing.")
        update_account_settings(
            organization,
            posted,
            actor=actor_of(request, admin.name),
            now=timezone.now(),
        )
        queue.configuration_changed(organization)
        return HttpResponse("Admin settings updated", content_type=TEXT)
