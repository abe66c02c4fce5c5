"""GET /hostname."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema

from appconnect.api.base.exceptions import PLAIN
from appconnect.api.base.views import ClientView
from appconnect.api.docs.schema import HTML, said


class HostnameView(ClientView):
    """Answers with the host of the CRM, as a bare text."""

    @extend_schema(
        summary="Name the CRM's host", responses={(200, HTML): said("crm.example.com")}
    )
    def get(self, request):
        return HttpResponse(request.user.organization.crm_hostname, content_type=PLAIN)
