"""OAuth sign-in to the CRM, for the admin's own session there."""

import secrets
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from appconnect.console.shell.navigation import way_back
from appconnect.console.shell.views import ConsoleMixin, Role
from appconnect.console.sign_in import pending
from appconnect.organizations.connections.connectors import find_crm_session
from appconnect.organizations.connections.crm_session import (
    connect_by_oauth,
    get_oauth_info,
)
from appconnect.organizations.people.admin_right import NotAdmin, check_admin_right
from appconnect.organizations.security.sign_in_defense import take_request
from appconnect.worker import queue
from connector.errors import ConnectorError, CredentialsRejected, TemporaryError
from connector.http.oauth import make_code_verifier, pkce_challenge

SIGN_IN = "crm_sign_in"
MAX_PER_MINUTE = 30
"""Sign-ins that one address may finish: each asks the CRM about a code."""


class BeginView(ConsoleMixin, TemplateView):
    """Name the CRM; sent, send the browser to the CRM's sign-in page.

    Only a form of this server can do that, so no other site's link replaces a session.
    """

    template_name = "console/settings/connections/crm_sign_in.html"
    role = Role.ADMIN
    needs_recent_sign_in = True

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            crm=self.organization.declared.display_name,
            session=find_crm_session(
                self.organization, extension_id=self.member.extension_id
            ),
            next=way_back(self.request),
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
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
        path = way_back(request)
        begun = {
            "state": state,
            "code_verifier": code_verifier,
            "begun_by": begun_by(self),
            "next": path if len(path) <= pending.MAX_PATH_LENGTH else "",
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
        address = f"{info.authorization_uri}{joint}{urlencode(query)}"
        response = self.render_to_response(self.get_context_data(address=address))
        pending.keep(response, SIGN_IN, begun)
        # No redirect: the pages' CSP allows no form that leads to another site.
        response["Refresh"] = f"0; url={address}"
        return response


class CallbackView(ConsoleMixin, View):
    """Store the session of the person who comes back from the CRM, or show why not."""

    role = Role.ADMIN

    def get(self, request: HttpRequest) -> HttpResponse:
        begun = pending.read(request, SIGN_IN) or {}
        path = ""
        try:
            check_admin_right(self.member, now=timezone.now())
            session = connect_by_oauth(
                self.organization,
                code=self.take_code(begun),
                redirect_uri=redirect_uri(),
                code_verifier=begun["code_verifier"],
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
            path = begun["next"]
        response = redirect(path or "console:connections")
        pending.forget(response, SIGN_IN)
        return response

    def take_code(self, begun: dict[str, Any]) -> str:
        """Return the code of a sign-in that this person began in this browser.

        Raises `CredentialsRejected`.
        """
        state = self.request.GET.get("state", "")
        is_ours = begun and constant_time_compare(state, begun["state"])
        if not is_ours or begun["begun_by"] != begun_by(self):
            raise CredentialsRejected(_("This sign-in was started in another browser."))
        code = self.request.GET.get("code", "")
        if not code:
            raise CredentialsRejected(_("The CRM didn't sign you in."))
        if not take_request(
            SIGN_IN,
            self.actor.address,
            max_per_minute=MAX_PER_MINUTE,
            now=timezone.now(),
        ):
            raise TemporaryError(
                _("Too many sign-ins from your network. Try again in a minute.")
            )
        return code


def begun_by(view: ConsoleMixin) -> list[str]:
    """Return who signs in, and to what: both are the same when the browser comes back."""
    return [str(view.member.pk), view.organization.platform]


def redirect_uri() -> str:
    """Return the redirect URI, as it is registered with the CRM."""
    return settings.PUBLIC_URL + reverse("console:crm-callback")
