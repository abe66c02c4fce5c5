"""Confirmation of an older sign-in, before a protected change."""

from django.contrib.auth import update_session_auth_hash
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import FormView

from appconnect.console.shell.navigation import way_back
from appconnect.console.shell.session import begin_session
from appconnect.console.shell.views import ConsoleMixin, Role
from appconnect.console.sign_in.attempts import clear_attempts, remember_browser
from appconnect.console.sign_in.second_factor.step import ask_for_second_factor
from appconnect.console.sign_in.sign_in import ConfirmForm
from appconnect.organizations.models import AuditEntry
from appconnect.organizations.people.second_factor import is_on
from appconnect.organizations.security.refusals import record_refusal


class ConfirmSignInView(ConsoleMixin, FormView):
    template_name = "console/sign_in/confirm_sign_in.html"
    form_class = ConfirmForm
    post_role = Role.VIEWER
    needs_crm = False
    is_for_set_up = True

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form):
        path = way_back(self.request) or reverse("console:home")
        if is_on(self.member):
            return ask_for_second_factor(self.member, path=path, confirms=True)
        clear_attempts(self.request, self.request.user.get_username())
        begin_session(self.request, self.member, way=_("confirmed with a password"))
        # The session gets a new key; the password may have been rehashed.
        update_session_auth_hash(self.request, self.request.user)
        response = redirect(path)
        remember_browser(response, self.request.user)
        return response

    def form_invalid(self, form):
        record_refusal(
            self.organization,
            AuditEntry.Action.SIGN_IN_FAILED,
            actor=self.actor,
            subject=_("confirmed with a password"),
            now=timezone.now(),
        )
        return super().form_invalid(form)

    def get_context_data(self, **kwargs):
        return super().get_context_data(next=way_back(self.request), **kwargs)
