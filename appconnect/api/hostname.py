"""GET /hostname."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema

from appconnect.api.exceptions import PLAIN
from appconnect.api.schema import HTML, said
from appconnect.api.views import ClientView


class HostnameView(ClientView):
    """Answers with the host of the CRM, as a bare text."""

    @extend_schema(
        summary="Name the CRM's host", responses={(200, HTML): said("crm.example.com")}
    )
    def get(self, request):
        return HttpResponse(request.user.organization.crm_hostname, content_type=PLAIN)
