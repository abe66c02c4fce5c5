"""The question before a sign-in at RingCentral becomes the organization's connection."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.generic import TemplateView

from appconnect.console.shell.views import ConsoleMixin, Role
from appconnect.console.sign_in import pending

CONNECTING = "ringcentral_connecting"


class ConnectView(ConsoleMixin, TemplateView):
    """Name who connects; sent, it lets the next sign-in become the connection.

    Only a form of this server can do that, so no other site's link replaces a connection.
    """

    template_name = "console/sign_in/connect.html"
    role = Role.ADMIN
    needs_crm = False

    def post(self, request: HttpRequest) -> HttpResponse:
        response = self.render_to_response(self.get_context_data(is_confirmed=True))
        pending.keep(response, CONNECTING, {"organization": str(self.organization.pk)})
        # No redirect: the pages' CSP allows no form that leads to another site.
        response["Refresh"] = f"0; url={reverse('console:ringcentral-sign-in')}"
        return response
