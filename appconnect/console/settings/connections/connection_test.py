"""The connection test with the values in the CRM account's form; nothing is saved."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from appconnect.console.settings.connections.account import AccountView
from appconnect.organizations.connections.connection_test import (
    TooManyTests,
    run_connection_test,
)
from appconnect.organizations.connections.connectors import NoCredentials


class ConnectionTestView(AccountView):
    """Returns the result alone to htmx; else the page with the form as it was typed."""

    def post(self, request: HttpRequest) -> HttpResponse:
        account = self.make_account(request.POST)
        context = {"tested": account}
        if account.is_valid():
            try:
                context["test"] = run_connection_test(
                    self.organization,
                    account.values,
                    admin_extension_id=self.member.extension_id,
                    actor=self.actor,
                    now=timezone.now(),
                )
            except (NoCredentials, TooManyTests) as error:
                context["refusal"] = str(error)
        if "HX-Request" in request.headers:
            template = "console/settings/connections/_connection_test.html"
            return render(request, template, context)
        context["asks_again"] = account.has_typed_secret
        return self.render_to_response(
            self.get_context_data(account=account, **context)
        )
