"""OAuth sign-in to the CRM, for the admin's own session there."""

import secrets
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.generic import View

from appconnect.console.shell.navigation import way_back
from appconnect.console.shell.views import ConsoleMixin, Role
from appconnect.organizations.connections.crm_session import (
    connect_by_oauth,
    get_oauth_info,
)
from appconnect.organizations.people.admin_right import NotAdmin, check_admin_right
from appconnect.worker import queue
from connector.errors import ConnectorError, CredentialsRejected
from connector.http.oauth import make_code_verifier, pkce_challenge

SESSION_KEY = "crm_sign_in"


class BeginView(ConsoleMixin, View):
    """Redirect the browser to the CRM's sign-in page.

    A GET, because the pages' CSP allows no form that leads to another site.
    """

    role = Role.ADMIN

    def get(self, request: HttpRequest) -> HttpResponse:
        try:
            info = get_oauth_info(self.organization)
        except ConnectorError as error:
            messages.error(request, str(error))
            return redirect("console:connections")
        if not info.client_id:
            messages.error(
                request,
                _(
                    "This server isn't registered with the CRM yet. Its operator has to "
                    "set CRM_OAUTH_CLIENTS."
                ),
            )
            return redirect("console:connections")
        state, code_verifier = secrets.token_urlsafe(32), make_code_verifier()
        request.session[SESSION_KEY] = {
            "state": state,
            "code_verifier": code_verifier,
            "platform": self.organization.platform,
            "next": way_back(request),
        }
        query = {
            "response_type": "code",
            "client_id": info.client_id,
            "redirect_uri": redirect_uri(),
            "state": state,
            # A CRM without PKCE ignores it: RFC 6749, 3.1.
            **pkce_challenge(code_verifier),
        }
        if info.scopes:
            query["scope"] = info.scope_separator.join(info.scopes)
        joint = "&" if "?" in info.authorization_uri else "?"
        return redirect(f"{info.authorization_uri}{joint}{urlencode(query)}")


class CallbackView(ConsoleMixin, View):
    """Store the session of the person who comes back from the CRM, or show why not."""

    role = Role.ADMIN

    def get(self, request: HttpRequest) -> HttpResponse:
        try:
            check_admin_right(self.member, now=timezone.now())
            code, code_verifier = self.take_code()
            session = connect_by_oauth(
                self.organization,
                code=code,
                redirect_uri=redirect_uri(),
                code_verifier=code_verifier,
                extension_id=self.member.extension_id,
                actor=self.actor,
                now=timezone.now(),
            )
        except (ConnectorError, NotAdmin) as error:
            messages.error(request, str(error))
        else:
            messages.success(
                request, _("You are signed in to the CRM as %s.") % session
            )
            queue.configuration_changed(self.organization)
            return redirect(self.way_back or "console:connections")
        return redirect("console:connections")

    def take_code(self) -> tuple[str, str]:
        """Return the code of a sign-in that this browser began, and its verifier.

        It works once. Raises `CredentialsRejected`.
        """
        begun = self.request.session.pop(SESSION_KEY, None)
        state = self.request.GET.get("state", "")
        is_ours = begun is not None and constant_time_compare(state, begun["state"])
        if not is_ours or begun["platform"] != self.organization.platform:
            raise CredentialsRejected(_("This sign-in was started in another browser."))
        self.way_back = begun.get("next", "")
        code = self.request.GET.get("code", "")
        if not code:
            raise CredentialsRejected(_("The CRM didn't sign you in."))
        return code, begun["code_verifier"]


def redirect_uri() -> str:
    """Return the redirect URI, as it is registered with the CRM."""
    return settings.PUBLIC_URL + reverse("console:crm-callback")
