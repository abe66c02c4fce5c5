"""The connection test with the values in the settings form; nothing is saved."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from appconnect.console.settings.server_logging_settings import (
    ServerLoggingSettingsView,
)
from appconnect.console.settings.settings_forms import SettingsForms
from appconnect.organizations.connections.connection_test import (
    TooManyTests,
    run_connection_test,
)
from appconnect.organizations.connections.connectors import NoCredentials


class ConnectionTestView(ServerLoggingSettingsView):
    """Returns the result alone to htmx; else the page with the form as it was typed."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return redirect("console:server-logging-settings")

    def post(self, request: HttpRequest) -> HttpResponse:
        forms = SettingsForms(self.organization, request.POST)
        context = {"tested": forms.fields}
        if forms.fields.is_valid():
            try:
                context["test"] = run_connection_test(
                    self.organization,
                    forms.fields.values,
                    admin_extension_id=self.member.extension_id,
                    actor=self.actor,
                    now=timezone.now(),
                )
            except (NoCredentials, TooManyTests) as error:
                context["refusal"] = str(error)
        if "HX-Request" in request.headers:
            return render(request, "console/settings/_connection_test.html", context)
        context["asks_again"] = forms.fields.has_typed_secret
        return self.show(forms, **context)
