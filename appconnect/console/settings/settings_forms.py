"""The forms of the settings page, which are validated, tested and saved together."""

from copy import copy
from typing import Any

from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.logging_settings.locality import LocalityForm
from appconnect.organizations.logging_settings.logging_rules import LoggingRulesForm
from appconnect.organizations.models import Organization


class SettingsForms:
    """The rules, and the organization's locality."""

    def __init__(self, organization: Organization, data: Any = None):
        self.organization = organization
        self.settings = get_settings(organization)
        self.locality = LocalityForm(data, instance=copy(organization))
        if data is not None and self.locality.is_valid():
            # Numbers are parsed with the country that is chosen in the same form.
            self.settings.organization = self.locality.instance
        self.rules = LoggingRulesForm(data, instance=self.settings)

    def __iter__(self):
        return iter([self.rules, self.locality])

    @property
    def faulty(self) -> list:
        return [form for form in self if form.is_bound and not form.is_valid()]

    def are_valid(self) -> bool:
        return not self.faulty
