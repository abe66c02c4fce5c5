"""Setting up an authenticator app: its QR code, and its first code."""

import segno
from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy
from django.views.generic import FormView

from appconnect.console.sign_in.second_factor.security import SecondFactorMixin
from appconnect.organizations.models import AuthenticatorApp
from appconnect.organizations.people.second_factor import (
    SecondFactorError,
    confirm_app,
    start_app,
)
from appconnect.organizations.security.second_factor import totp


class FirstCodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=20,
        help_text=gettext_lazy("The 6 digits that the app shows now."),
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}
        ),
    )

    def clean_code(self) -> str:
        return "".join(self.cleaned_data["code"].split())


class AppView(SecondFactorMixin, FormView):
    """Shows the secret of an app that has not given its first code yet, never again."""

    template_name = "console/sign_in/second_factor/app.html"
    form_class = FirstCodeForm
    is_for_set_up = True
    is_export = True

    def get(self, request: HttpRequest) -> HttpResponse:
        if self.find_app() is None:
            return redirect("console:sign-in-security")
        return super().get(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make a secret, or take the first code that an app made with it."""
        if "code" not in request.POST:
            start_app(self.member)
            return redirect("console:authenticator-app")
        if self.find_app() is None:
            return redirect("console:sign-in-security")
        return super().post(request)

    def form_valid(self, form: FirstCodeForm) -> HttpResponse:
        code, now = form.cleaned_data["code"], timezone.now()
        try:
            confirm_app(self.find_app(), code, actor=self.actor, now=now)
        except SecondFactorError as error:
            form.add_error("code", str(error))
            return self.form_invalid(form)
        return self.after_adding()

    def find_app(self) -> AuthenticatorApp | None:
        apps = self.member.authenticator_apps.select_related("member__user")
        return apps.filter(confirmed_at__isnull=True).first()

    def get_context_data(self, **kwargs):
        app = self.find_app()
        return super().get_context_data(
            qr_code=qr_code(totp.address_of(app)),
            secret=in_groups(app.secret),
            **kwargs,
        )


def qr_code(text: str) -> SafeString:
    """Return a QR code as SVG without style or script, black on white in any theme."""
    drawing = segno.make(text, error="m").svg_inline(
        light="#fff", svgclass="qr-code", lineclass=None, omitsize=True
    )
    return mark_safe(drawing)  # noqa: S308  the text is in it as squares only


def in_groups(secret: str) -> str:
    """Return a secret as people type it, in groups of four."""
    return " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
