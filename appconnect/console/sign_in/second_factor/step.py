"""The second step of a sign-in with a password: a code, or a passkey."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import login, update_session_auth_hash
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.generic import FormView

from appconnect.console.shell.session import begin_session
from appconnect.console.sign_in import pending
from appconnect.console.sign_in.attempts import (
    check_attempts,
    clear_attempts,
    remember_browser,
)
from appconnect.console.sign_in.second_factor.challenge import ChallengeMixin
from appconnect.organizations.models import AuditEntry, Member
from appconnect.organizations.security.audit import actor_of
from appconnect.organizations.security.refusals import record_refusal
from appconnect.organizations.security.second_factor import (
    passkeys,
    recovery_codes,
    totp,
)
from appconnect.organizations.security.sign_in_defense import MAX_WAIT

BEGUN = "second_factor"
"""The cookie that says whose password was right, and where they wanted to go."""
STEPS = 2
"""Attempts that a sign-in takes: the password and this."""


def ask_for_second_factor(
    member: Member, *, path: str, confirms: bool = False
) -> HttpResponse:
    """Lead to the second step of a person whose password was right.

    Nobody is signed in until it is done. It `confirms` where they are signed in already.
    """
    response = redirect("console:second-factor")
    values = {
        "member": member.pk,
        "proof": proof_of(member),
        "next": path
        if len(path) <= pending.MAX_PATH_LENGTH
        else settings.LOGIN_REDIRECT_URL,
        "confirms": confirms,
    }
    pending.keep(response, BEGUN, values)
    return response


def proof_of(member: Member) -> str:
    """Return what changes with the password, and with all that ends sessions."""
    state = f"{member.session_number} {member.user.get_session_auth_hash()}"
    return salted_hmac("second factor", state).hexdigest()


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=20,
        required=False,
        widget=forms.TextInput(
            attrs={
                **{"autocomplete": "one-time-code", "autocapitalize": "off"},
                **{"spellcheck": "false", "autofocus": True},
            }
        ),
    )
    passkey = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_code(self) -> str:
        return "".join(self.cleaned_data["code"].split())


@method_decorator(never_cache, name="dispatch")
class SecondFactorView(ChallengeMixin, FormView):
    template_name = "console/sign_in/second_factor/step.html"
    form_class = CodeForm
    member: Member
    begun: dict[str, Any]

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        self.begun = pending.read(request, BEGUN) or {}
        members = Member.objects.select_related("user", "organization")
        member = members.filter(
            pk=self.begun.get("member"), user__is_active=True
        ).first()
        if member is None or not self.is_still_right(member):
            return redirect("login")
        self.member = member
        return super().dispatch(request, *args, **kwargs)

    def is_still_right(self, member: Member) -> bool:
        """Return whether the password that was right still is, and the person the same."""
        is_right = constant_time_compare(self.begun["proof"], proof_of(member))
        return is_right and (
            not self.begun["confirms"] or self.request.user == member.user
        )

    def form_valid(self, form: CodeForm) -> HttpResponse:
        username = self.member.user.get_username()
        try:
            check_attempts(self.request, username, max_account_wait=MAX_WAIT)
            way = self.check(form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
            return self.form_invalid(form)
        clear_attempts(self.request, username, attempts=STEPS)
        if not self.begun["confirms"]:
            login(
                self.request,
                self.member.user,
                backend=settings.AUTHENTICATION_BACKENDS[0],
            )
        begin_session(self.request, self.member, way=way)
        if self.begun["confirms"]:
            # The session gets a new key.
            update_session_auth_hash(self.request, self.member.user)
        response = redirect(self.begun["next"])
        pending.forget(response, BEGUN)
        remember_browser(response, self.member.user)
        return response

    def check(self, answer: dict[str, str]) -> str:
        """Return how the person signed in, for the audit log. Raises `ValidationError`."""
        now, member = timezone.now(), self.member
        if answer["passkey"]:
            try:
                challenge = self.take_challenge()
                passkeys.use_passkey(
                    member, answer["passkey"], challenge=challenge, now=now
                )
            except passkeys.PasskeyRefused as error:
                raise ValidationError(str(error)) from error
            return _("with a password and a passkey")
        app = member.authenticator_apps.filter(confirmed_at__isnull=False).first()
        if app is not None and totp.use_code(app, answer["code"], now=now):
            return _("with a password and an authenticator app")
        if recovery_codes.use_code(member, answer["code"]):
            return _("with a password and a recovery code")
        raise ValidationError(
            _("Wrong or used code. Enter the newest one that your app shows.")
        )

    def form_invalid(self, form: CodeForm) -> HttpResponse:
        response = self.render_to_response(
            self.get_context_data(form=form, faulty=[form])
        )
        if form.has_error(NON_FIELD_ERRORS, "too_soon"):
            response.status_code = 429
            return response
        record_refusal(
            self.member.organization,
            AuditEntry.Action.SIGN_IN_FAILED,
            actor=actor_of(self.request, str(self.member)),
            subject=_("with a second factor"),
            now=timezone.now(),
        )
        return response

    def passkey_options(self, challenge: bytes) -> dict[str, object] | None:
        has_passkey = passkeys.are_possible() and self.member.passkeys.exists()
        return passkeys.request_options(self.member, challenge) if has_passkey else None
