"""GET /hostname."""

from django.http import HttpResponse

from appconnect.api.exceptions import TEXT
from appconnect.api.views import ClientView


class HostnameView(ClientView):
    """Answers with the host of the CRM, as a bare text."""

    def get(self, request):
        return HttpResponse(request.user.organization.crm_hostname, content_type=TEXT)
