"""Sign-in with an account of this server, sign-out, and their audit entries."""

from django import forms
from django.contrib.auth.forms import AuthenticationForm, UsernameField
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appconnect.console.shell.session import begin_session, log_audit, require_set_up
from appconnect.console.sign_in.attempts import (
    check_attempts,
    clear_attempts,
    remember_browser,
)
from appconnect.console.sign_in.second_factor.step import ask_for_second_factor
from appconnect.organizations.models import AuditEntry, Member
from appconnect.organizations.models.people.second_factor import has_second_factor
from appconnect.organizations.security.audit import actor_of
from appconnect.organizations.security.refusals import record_refusal

Action = AuditEntry.Action


class SignInForm(AuthenticationForm):
    """Checks the password only if there were not too many attempts."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": gettext_lazy("Wrong user name or password."),
    }
    username = UsernameField(
        label=gettext_lazy("User name"),
        widget=forms.TextInput(attrs={"autofocus": True}),
    )

    def clean(self):
        username = self.cleaned_data.get("username")
        if username and self.cleaned_data.get("password"):
            check_attempts(self.request, username)
        return super().clean()


class ConfirmForm(forms.Form):
    """Asks for the password of the person who is signed in."""

    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args, request: HttpRequest, **kwargs):
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_password(self) -> str:
        user, password = self.request.user, self.cleaned_data["password"]
        check_attempts(self.request, user.get_username())
        if not user.check_password(password):
            raise ValidationError(_("Wrong password."))
        return password


class SignInView(LoginView):
    form_class = SignInForm
    template_name = "console/sign_in/login.html"
    redirect_authenticated_user = True

    def form_valid(self, form):
        members = Member.objects.select_related("user", "organization")
        members = members.annotate(has_second_factor=has_second_factor())
        member = members.filter(user=form.get_user()).first()
        if member is not None and member.has_second_factor:
            return ask_for_second_factor(member, path=self.get_success_url())
        clear_attempts(self.request, form.cleaned_data["username"])
        reply = super().form_valid(form)
        remember_browser(reply, form.get_user())
        if member is not None:
            begin_session(self.request, member, way=_("with a password"))
            if member.organization.requires_second_factor:
                require_set_up(self.request)
        return reply

    def form_invalid(self, form):
        reply = super().form_invalid(form)
        if form.has_error(NON_FIELD_ERRORS, "too_soon"):
            # No audit entry: the time that it takes would reveal which accounts exist.
            reply.status_code = 429
            return reply
        username = form.cleaned_data.get("username", "")
        member = Member.objects.filter(user__username=username).first()
        if member is not None:
            record_refusal(
                member.organization,
                Action.SIGN_IN_FAILED,
                actor=actor_of(self.request, username),
                subject=_("with a password"),
                now=timezone.now(),
            )
        return reply

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        return {
            **context,
            "faulty": [context["form"]] if context["form"].errors else [],
        }


class SignOutView(LogoutView):
    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if request.user.is_authenticated:
            member = Member.objects.filter(user=request.user).first()
            if member is not None:
                log_audit(request, member, Action.SIGNED_OUT)
        return super().post(request, *args, **kwargs)
