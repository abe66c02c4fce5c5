"""The connections page: RingCentral, the CRM, and the admin's own CRM session."""

from copy import copy
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from appconnect.calls.models import CrmCircuit
from appconnect.console.settings.connections.crm_form import CrmForm
from appconnect.console.settings.connections.crms import CrmCard
from appconnect.console.shell.navigation import way_back
from appconnect.console.shell.views import ConsoleMixin, Role
from appconnect.organizations.connections.connectors import (
    find_crm_session,
    get_settings,
)
from appconnect.organizations.connections.crm_session import connect_crm_session
from appconnect.organizations.connections.subscription import replace_subscription
from appconnect.organizations.logging_settings.forms import AdditionalFieldsForm
from appconnect.organizations.logging_settings.server_logging import (
    additional_fields,
    choose_crm,
    count_of_address,
)
from appconnect.worker import queue
from connector.errors import ConnectorError
from connector.registry import display_name_of
from connector.types import AuthType


def address_of(request: HttpRequest) -> str:
    """Return the address of the CRM's card; it keeps the page that is gone back to."""
    page = reverse("console:connections")
    back = way_back(request)
    return f"{page}?{urlencode({'next': back})}#crm" if back else f"{page}#crm"


class CheckNowView(ConsoleMixin, View):
    """Run the worker's periodic check of RingCentral now."""

    post_role = Role.OPERATOR

    def post(self, request: HttpRequest) -> HttpResponse:
        queue.check_now(self.organization)
        messages.success(request, _("Checking RingCentral. Reload in a moment."))
        return redirect("console:connections")


class ResubscribeView(ConsoleMixin, View):
    """Replace the subscription; the old one is deleted once the new one works."""

    def post(self, request: HttpRequest) -> HttpResponse:
        replace_subscription(self.organization, actor=self.actor, now=timezone.now())
        queue.keep_logging_subscription(str(self.organization.pk))
        messages.success(
            request,
            _(
                "Renewing notifications. The current ones work until then, so no "
                "call is missed. Reload in a moment."
            ),
        )
        return redirect("console:connections")


class ConnectionsView(ConsoleMixin, TemplateView):
    needs_recent_sign_in = True
    template_name = "console/settings/connections/connections.html"
    needs_crm = False

    def post(self, request, *args, **kwargs):
        if "sign_in" in request.POST and self.organization.has_crm:
            return self.sign_in(request)
        crm = CrmForm(request.POST, instance=copy(self.organization))
        if crm.is_valid():
            was_on = get_settings(self.organization).is_enabled
            lost, stops = self.find_lost(crm), self.stops_logging(crm)
            if (any(lost.values()) or stops) and "confirmed" not in request.POST:
                return self.render_to_response(
                    self.get_context_data(
                        crm=crm,
                        asks_first=True,
                        lost=lost,
                        stops=stops,
                        old_crm=display_name_of(self.organization.platform),
                        new_crm=display_name_of(crm.cleaned_data["platform"]),
                    )
                )
            choose_crm(
                self.organization,
                platform=crm.cleaned_data["platform"],
                hostname=crm.cleaned_data["crm_hostname"],
                actor=self.actor,
                now=timezone.now(),
            )
            queue.configuration_changed(self.organization)
            messages.success(request, self.chosen_message(was_on=was_on))
            return redirect(address_of(request))
        return self.render_to_response(self.get_context_data(crm=crm))

    def find_lost(self, crm: CrmForm) -> dict[str, int]:
        """Return how many rows the new address deletes; empty while it stays the same."""
        if crm.cleaned_data["crm_hostname"] == self.organization.crm_hostname:
            return {}
        return count_of_address(self.organization)

    def stops_logging(self, crm: CrmForm) -> bool:
        """Return whether calls are logged now, and not to the CRM that is chosen."""
        chosen = copy(self.organization)
        chosen.platform = crm.cleaned_data["platform"]
        return (
            get_settings(self.organization).is_enabled
            and not get_settings(chosen).is_enabled
        )

    def chosen_message(self, *, was_on: bool) -> str:
        chosen, settings = _("CRM saved."), get_settings(self.organization)
        crm = display_name_of(self.organization.platform)
        if was_on and not settings.is_enabled:
            stopped = _("Logging has stopped. Turn it on for %s in Settings.") % crm
            return f"{chosen} {stopped}"
        if settings.is_enabled and settings.additional_field_values is None:
            held = _("Calls are held until you enter the credentials for %s.") % crm
            return f"{chosen} {held}"
        if settings.is_enabled and not was_on:
            on = _("Logging to %s is on, with the settings that were saved for it.")
            return f"{chosen} {on % crm}"
        return chosen

    def sign_in(self, request):
        sign_in = self.make_sign_in(request.POST)
        if sign_in.is_valid():
            api_key = sign_in.values.get("apiKey", "")
            try:
                session = connect_crm_session(
                    self.organization,
                    api_key=api_key,
                    extension_id=self.member.extension_id,
                    actor=self.actor,
                    now=timezone.now(),
                )
            except ConnectorError as error:
                sign_in.add_error(None, str(error))
            else:
                crm = self.organization.declared.display_name
                message = _("You are signed in to %(crm)s as %(user)s.")
                messages.success(request, message % {"crm": crm, "user": session})
                queue.configuration_changed(self.organization)
                return redirect(way_back(request) or "console:connections")
        return self.render_to_response(self.get_context_data(sign_in=sign_in))

    def make_sign_in(self, data=None) -> AdditionalFieldsForm:
        fields = self.organization.declared.auth_fields
        return AdditionalFieldsForm(data, additional_fields=fields, prefix="auth")

    def make_account(self, data=None) -> AdditionalFieldsForm:
        return AdditionalFieldsForm(
            data,
            additional_fields=additional_fields(self.organization),
            stored=get_settings(self.organization).additional_field_values,
            prefix="additional",
        )

    def count_waiting(self) -> int:
        """Return how many calls wait because the CRM has rejected the credentials."""
        circuit = CrmCircuit.objects.find_open(self.organization, now=timezone.now())
        if circuit is None or circuit.rejected_at is None:
            return 0
        return self.organization.calls.waiting_to_log().count()

    def get_context_data(self, **kwargs):
        organization = self.organization
        chosen = self.request.GET.get("crm") or organization.platform
        kwargs.setdefault(
            "crm", CrmForm(instance=organization, initial={"platform": chosen})
        )
        if organization.has_crm:
            kwargs.setdefault("sign_in", self.make_sign_in())
            declared = kwargs["declared"] = organization.declared
            kwargs["card"] = CrmCard.of(organization.platform)
            has_service_account = declared.server_side_logging.uses_service_account
            asks_for_key = declared.auth_type is not AuthType.OAUTH and bool(
                declared.auth_fields
            )
            settings = kwargs["settings"] = get_settings(organization)
            session = kwargs["session"] = find_crm_session(
                organization, extension_id=self.member.extension_id
            )
            kwargs.setdefault("account", self.make_account())
            kwargs.setdefault("version", organization.configuration_version)
            kwargs["can_sign_in"] = asks_for_key or not has_service_account
            kwargs["is_connected"] = bool(
                settings.additional_field_values if has_service_account else session
            )
            kwargs["waiting"] = self.count_waiting()
        forms_shown = (kwargs["crm"], kwargs.get("sign_in"), kwargs.get("account"))
        self.lock(forms_shown)
        return super().get_context_data(
            faulty=[form for form in forms_shown if form and form.errors],
            connection=organization.ringcentral_connection,
            changes_crm=bool(
                not organization.has_crm
                or self.request.GET.get("crm")
                or kwargs["crm"].errors
                or kwargs.get("asks_first")
            ),
            subscriptions=organization.logging_subscriptions.all(),
            sync=getattr(organization, "call_log_sync", None),
            way_back=way_back(self.request),
            newest_call=organization.calls.order_by("-started_at").first(),
            **kwargs,
        )
