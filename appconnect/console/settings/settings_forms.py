"""The forms of the settings page, which are validated, tested and saved together."""

from copy import copy
from typing import Any

from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.logging_settings.forms import AdditionalFieldsForm
from appconnect.organizations.logging_settings.locality import LocalityForm
from appconnect.organizations.logging_settings.logging_rules import LoggingRulesForm
from appconnect.organizations.logging_settings.server_logging import additional_fields
from appconnect.organizations.models import Organization


class SettingsForms:
    """The rules, the manifest's fields, and the organization's locality."""

    def __init__(self, organization: Organization, data: Any = None):
        self.organization = organization
        self.settings = get_settings(organization)
        self.locality = LocalityForm(data, instance=copy(organization))
        if data is not None and self.locality.is_valid():
            # Numbers are parsed with the country that is chosen in the same form.
            self.settings.organization = self.locality.instance
        self.rules = LoggingRulesForm(data, instance=self.settings)
        self.fields = self.make_fields(data)

    def make_fields(self, data: Any = None) -> AdditionalFieldsForm:
        return AdditionalFieldsForm(
            data,
            additional_fields=additional_fields(self.organization),
            stored=self.settings.additional_field_values,
            prefix="additional",
        )

    def leave_fields(self) -> None:
        """Treat the manifest's fields as not filled in."""
        self.fields = self.make_fields()

    @property
    def wants_logging(self) -> bool:
        level = self.rules["logging_level"].data
        return level != self.settings.LoggingLevel.DISABLE

    def __iter__(self):
        return iter([self.rules, self.fields, self.locality])

    @property
    def faulty(self) -> list:
        return [form for form in self if form.is_bound and not form.is_valid()]

    def are_valid(self) -> bool:
        return not self.faulty
