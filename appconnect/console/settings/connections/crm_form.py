"""Which CRM the organization logs to, and its address."""

from collections.abc import Iterator

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from appconnect.organizations.models import Organization
from connector.crms.sandbox import Sandbox
from connector.registry import (
    CONNECTORS,
    display_name_of,
    get_connector_class,
    get_platform,
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
        address = self.fields["crm_hostname"]
        address.help_text = self._address_help() or address.help_text

    def _address_help(self) -> str:
        """Return what to enter for the CRM that is chosen, as its manifest says it."""
        platform = self.get_initial_for_field(self.fields["platform"], "platform")
        if not platform or not is_usable(platform):
            return ""
        declared = get_platform(platform)
        if declared.environment_instructions:
            return " ".join(declared.environment_instructions)
        if declared.environment_selections:
            hosts = ", ".join(
                f"{option.const.removeprefix('https://')} ({option.title})"
                for option in declared.environment_selections
            )
            return gettext("One of: %s.") % hosts
        if declared.environment_type == "fixed":
            name = declared.display_name
            return gettext("Leave empty: %s has one address for all customers.") % name
        return ""
