"""Setting a password: with a link from an admin, or instead of the present one."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import PasswordResetConfirmView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import FormView

from appconnect.console.shell.views import ConsoleMixin, Role
from appconnect.console.sign_in.attempts import (
    check_attempts,
    clear_attempts,
    remember_browser,
)
from appconnect.organizations.models import AuditEntry, Member
from appconnect.organizations.security import audit
from appconnect.organizations.security.audit import actor_of
from appconnect.organizations.security.refusals import record_refusal


class SetPasswordView(PasswordResetConfirmView):
    template_name = "console/sign_in/set_password.html"
    success_url = reverse_lazy("login")

    def get_user(self, uidb64):
        user = super().get_user(uidb64)
        return user if user is not None and user.is_active else None

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        form = context.get("form")
        return {**context, "faulty": [form] if form and form.errors else []}

    @transaction.atomic
    def form_valid(self, form):
        member = Member.objects.filter(user=self.user).first()
        if member is not None:
            audit.log(
                member.organization,
                AuditEntry.Action.PASSWORD_SET,
                actor=actor_of(self.request, str(member)),
                now=timezone.now(),
            )
        messages.success(self.request, _("Password set. Sign in with it."))
        return super().form_valid(form)


class ChangePasswordForm(PasswordChangeForm):
    """Guesses at the old password are counted as those of a sign-in are."""

    def __init__(self, *args, request: HttpRequest, **kwargs):
        super().__init__(request.user, *args, **kwargs)
        self.request = request

    def clean_old_password(self) -> str:
        username = self.user.get_username()
        check_attempts(self.request, username)
        old_password = super().clean_old_password()
        clear_attempts(self.request, username)
        return old_password


class ChangePasswordView(ConsoleMixin, FormView):
    """A new password signs the person out everywhere else."""

    template_name = "console/sign_in/change_password.html"
    form_class = ChangePasswordForm
    post_role = Role.VIEWER
    needs_crm = False
    needs_recent_sign_in = True

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if request.user.is_authenticated and not request.user.has_usable_password():
            return redirect("console:sign-in-security")
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "request": self.request}

    @transaction.atomic
    def form_valid(self, form: ChangePasswordForm) -> HttpResponse:
        form.save()
        update_session_auth_hash(self.request, form.user)
        audit.log(
            self.organization,
            AuditEntry.Action.PASSWORD_SET,
            actor=self.actor,
            now=timezone.now(),
        )
        messages.success(
            self.request, _("Password changed. You're signed out everywhere else.")
        )
        response = redirect("console:sign-in-security")
        remember_browser(response, form.user)
        return response

    def form_invalid(self, form: ChangePasswordForm) -> HttpResponse:
        if form.has_error("old_password"):
            record_refusal(
                self.organization,
                AuditEntry.Action.SIGN_IN_FAILED,
                actor=self.actor,
                subject=_("changing the password"),
                now=timezone.now(),
            )
        return super().form_invalid(form)
