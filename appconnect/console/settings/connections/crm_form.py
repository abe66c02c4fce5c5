"""Which CRM the organization logs to, and its address."""

from collections.abc import Iterator

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from appconnect.organizations.models import Organization
from connector.crms.sandbox import Sandbox
from connector.registry import (
    CONNECTORS,
    display_name_of,
    get_connector_class,
    is_usable,
)


def offered_crms() -> Iterator[str]:
    """Yield the platform of each CRM that can be chosen; the sandbox's where it runs."""
    for platform in CONNECTORS:
        if is_usable(platform):
            is_sandbox = issubclass(get_connector_class(platform), Sandbox)
            if settings.SANDBOX or not is_sandbox:
                yield platform


class CrmForm(forms.ModelForm):
    platform = forms.ChoiceField(label=_("CRM"))

    class Meta:
        model = Organization
        fields = ["platform", "crm_hostname"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        platforms = dict.fromkeys(offered_crms())
        if self.instance.platform:
            platforms.setdefault(self.instance.platform)
        self.fields["platform"].choices = sorted(
            ((platform, display_name_of(platform)) for platform in platforms),
            key=lambda choice: choice[1].casefold(),
        )
