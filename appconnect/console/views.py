"""What the pages have in common."""

from zoneinfo import ZoneInfo

from django.contrib.auth.mixins import AccessMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from appconnect.calls.models import CrmCircuit
from appconnect.organizations.admin_right import NotAdmin, check_admin_right
from appconnect.organizations.models import Admin, Organization


class ConsoleMixin(AccessMixin):
    """A page of the signed-in admin's organization; its times are in that organization's zone.

    Whoever changes something is an admin of the RingCentral account at that moment.
    """

    admin: Admin
    organization: Organization
    needs_crm = True
    """Whether the page makes no sense before a CRM is chosen."""

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        admin = (
            Admin.objects.select_related("organization__ringcentral_connection")
            .filter(user=request.user)
            .first()
        )
        if admin is None:
            raise PermissionDenied(
                _("Your account administers no organization. Ask an admin to add you.")
            )
        if request.method == "POST":
            try:
                check_admin_right(admin, now=timezone.now())
            except NotAdmin as error:
                raise PermissionDenied(str(error)) from error
        self.admin, self.organization = admin, admin.organization
        if self.needs_crm and not self.organization.platform:
            return redirect("console:connections")
        with timezone.override(ZoneInfo(self.organization.time_zone)):
            response = super().dispatch(request, *args, **kwargs)
            if hasattr(response, "render"):
                response.render()
        return response

    def get_context_data(self, **kwargs):
        organization = self.organization
        return super().get_context_data(
            organization=organization,
            open_circuit=CrmCircuit.objects.find_open(organization, now=timezone.now()),
            **kwargs,
        )
