"""A form for a phone number, which is posted so that no URL contains it."""

from django import forms
from django.utils.functional import Promise

from appconnect.organizations.logging_settings.number_faults import clean_number
from appconnect.organizations.models import Organization


class NumberForm(forms.Form):
    """A number in any spelling; the cleaned one is E.164."""

    phone_number = forms.CharField(
        max_length=100,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )

    def __init__(
        self,
        *args,
        organization: Organization,
        label: str | Promise,
        help_text: str | Promise = "",
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        self.organization = organization
        self.fields["phone_number"].label = label
        self.fields["phone_number"].help_text = help_text

    def clean_phone_number(self) -> str:
        return clean_number(self.cleaned_data["phone_number"], self.organization)
