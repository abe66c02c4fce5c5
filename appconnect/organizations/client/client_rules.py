"""The logging rules, translated to and from the settings of App Connect's client."""

from collections.abc import Mapping
from copy import copy
from typing import Any

from appconnect.organizations.logging_settings.logging_rules import (
    MAX_FORMATS,
    LoggingRulesForm,
)
from appconnect.organizations.models import NoteSection, ServerLoggingSettings

FIELDS = {
    "logDateFormat": "log_date_format",
    "allowExtensionNumberLogging": "log_internal_calls",
    "unknownContactPreference": "no_contact",
    "newContactType": "placeholder_type",
    "newContactNamePrefix": "placeholder_prefix",
    "multipleContactsPreference": "several_contacts",
}
"""The client's key → the field of `ServerLoggingSettings` with the same values."""
FORMATS = (
    "overridingPhoneNumberFormat",
    "overridingPhoneNumberFormat2",
    "overridingPhoneNumberFormat3",
)
KEYS = frozenset({*FIELDS, *FORMATS, *NoteSection.values})
KEY_OF = {
    **{name: key for key, name in FIELDS.items()},
    "phone_number_formats": FORMATS[0],
    "note_sections": NoteSection.values[0],
}
"""The client's key that an error of a field is reported under."""
HELD = "attention"
"""Our third choice beside skipping and logging; the client has two, and is served "skip"."""


class RefusedSetting(Exception):
    """A setting that a client posted is refused; the message names its key."""

    def __init__(self, key: str, why: str):
        super().__init__(f"{key}: {why}")


def read_rules(settings: ServerLoggingSettings) -> dict[str, Any]:
    """Return the rules in force, by the client's keys."""
    formats = [*settings.phone_number_formats.splitlines(), *[""] * MAX_FORMATS]
    values = {key: getattr(settings, name) for key, name in FIELDS.items()}
    return {
        **{
            section: section in settings.note_sections for section in NoteSection.values
        },
        **{key: "skipLogging" if v == HELD else v for key, v in values.items()},
        **dict(zip(FORMATS, formats, strict=False)),
    }


def parse_rules(
    settings: ServerLoggingSettings, posted: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the fields that the posted rules change. Raises `RefusedSetting`.

    A rule that does not apply to the organization's CRM is left out.
    """
    served = read_rules(settings)
    changed = {key: value for key, value in posted.items() if value != served[key]}
    for key, value in changed.items():
        if type(value) is not type(served[key]):
            is_switch = isinstance(served[key], bool)
            raise RefusedSetting(
                key, f"{'true or false' if is_switch else 'a text'} is needed."
            )
    rules = served | changed
    fields = {FIELDS[key]: value for key, value in changed.items() if key in FIELDS}
    if not changed.keys().isdisjoint(FORMATS):
        fields["phone_number_formats"] = "\n".join(rules[key] for key in FORMATS)
    if not changed.keys().isdisjoint(NoteSection.values):
        fields["note_sections"] = [key for key in NoteSection.values if rules[key]]
    if not fields:
        return {}
    initial = LoggingRulesForm(instance=copy(settings)).initial
    form = LoggingRulesForm({**initial, **fields}, instance=copy(settings))
    for name, faults in form.errors.items():
        if name in KEY_OF:
            key = next((k for k in changed if FIELDS.get(k) == name), KEY_OF[name])
            raise RefusedSetting(key, str(faults[0]))
    return {
        name: form.cleaned_data[name] for name in fields if name in form.cleaned_data
    }
