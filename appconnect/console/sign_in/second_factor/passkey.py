"""Adding a passkey."""

from django import forms
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.generic import FormView

from appconnect.console.sign_in.second_factor.challenge import ChallengeMixin
from appconnect.console.sign_in.second_factor.security import SecondFactorMixin
from appconnect.organizations.people.second_factor import SecondFactorError, add_passkey
from appconnect.organizations.security.second_factor import passkeys


class PasskeyForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=60,
        help_text=gettext_lazy("Where it is kept, such as “Laptop” or “Security key”."),
    )
    passkey = forms.CharField(widget=forms.HiddenInput, required=False)


class AddPasskeyView(ChallengeMixin, SecondFactorMixin, FormView):
    template_name = "console/sign_in/second_factor/passkey.html"
    form_class = PasskeyForm
    is_for_set_up = True
    is_export = True

    def form_valid(self, form: PasskeyForm) -> HttpResponse:
        try:
            add_passkey(
                self.member,
                form.cleaned_data["name"],
                form.cleaned_data["passkey"],
                challenge=self.take_challenge(),
                actor=self.actor,
                now=timezone.now(),
            )
        except (SecondFactorError, passkeys.PasskeyRefused) as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        return self.after_adding()

    def passkey_options(self, challenge: bytes) -> dict[str, object] | None:
        if not passkeys.are_possible():
            return None
        return passkeys.creation_options(self.member, challenge)
