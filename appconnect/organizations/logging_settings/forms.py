"""The part of the settings form that the manifest declares: its additional fields."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from connector.manifest import NONE_OPTION, AdditionalField, Option

MASK = "••••••••"
"""Stands for a stored secret: shown in its place, and accepted back as "unchanged"."""
MAX_CHARACTERS = 4000


class SuggestionInput(forms.TextInput):
    """A text box that suggests the options of a selection and accepts any other value."""

    template_name = "widgets/suggestion_input.html"

    def __init__(self, options: Sequence[Option]):
        super().__init__()
        self.options = options

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["list"] = f"{name}-options"
        context["widget"]["options"] = self.options
        return context


class ChoiceCards(forms.RadioSelect):
    """Radio buttons whose options say what they do: `help` has it, by the option's value."""

    def __init__(self, help: Mapping[str, str | Promise]):
        super().__init__()
        self.help = dict(help)

    def explain(self, value: str, text: str) -> None:
        """Say something else of an option; the form's other instances share the rest."""
        self.help = {**self.help, value: text}

    def create_option(self, name, value, *args, **kwargs):
        option = super().create_option(name, value, *args, **kwargs)
        return {**option, "help": self.help.get(value, "")}


class SecretField(forms.CharField):
    """A write-only value: never rendered, and unchanged where none is typed."""

    def __init__(self, *, stored: str, empty_keeps: bool, **kwargs: Any):
        self.stored = stored
        self.empty_keeps = empty_keeps
        super().__init__(widget=forms.PasswordInput, **kwargs)
        self.widget.attrs["autocomplete"] = "new-password"
        if stored:
            self.widget.attrs["placeholder"] = MASK
            self.widget.is_required = False

    def keeps(self, value: object) -> bool:
        """Return whether the typed value leaves the stored one as it is."""
        return bool(self.stored) and (value == MASK or (self.empty_keeps and not value))

    def clean(self, value):
        return self.stored if self.keeps(value) else super().clean(value)


class AdditionalFieldsForm(forms.Form):
    """The manifest's additional fields as a Django form.

    The settings page and the REST endpoint both validate with it. `stored` are the
    values now in force, const → value.
    """

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        additional_fields: Sequence[AdditionalField],
        stored: Mapping[str, str] | None = None,
        empty_keeps: bool = True,
        **kwargs: Any,
    ):
        super().__init__(data, **kwargs)
        self.additional_fields = additional_fields
        self.stored = stored or {}
        self.wire_faults: dict[str, str] = {}
        for declared in additional_fields:
            if not declared.is_display_only:
                self.fields[declared.const] = self._make_field(declared, empty_keeps)

    @classmethod
    def from_wire(
        cls,
        values: Mapping[str, Any],
        *,
        additional_fields: Sequence[AdditionalField],
        stored: Mapping[str, str],
    ) -> "AdditionalFieldsForm":
        """Fill the form from a REST body, where an absent value keeps the stored one.

        `MASK` keeps a secret, an empty string clears it. The consts of banners are
        accepted and ignored; any other unknown member is an error.
        """
        declared = {field.const: field for field in additional_fields}
        data: dict[str, str] = {}
        faults: dict[str, str] = {}
        for const, value in values.items():
            if const not in declared:
                faults[const] = _("is not a field of these settings.")
            elif isinstance(value, list | dict):
                faults[const] = _("must be a text, a number or true or false.")
            elif value is not None:
                data[const] = value if isinstance(value, str) else json.dumps(value)
        unchanged = {
            const: MASK if field.is_secret else stored.get(const, field.default)
            for const, field in declared.items()
            if field.is_secret is False or const in stored
        }
        form = cls(
            {**unchanged, **data},
            additional_fields=additional_fields,
            stored=stored,
            empty_keeps=False,
        )
        form.wire_faults = faults
        return form

    @property
    def rows(self) -> Iterator[tuple[AdditionalField, forms.BoundField | None]]:
        """Yield each declared field with its input, None for a field without one."""
        for declared in self.additional_fields:
            const = declared.const
            yield declared, self[const] if const in self.fields else None

    @property
    def clears(self) -> bool:
        """Whether every posted text is empty, which clears the stored values."""
        typed = [
            self[const].data
            for const, field in self.fields.items()
            if isinstance(field, forms.CharField)
        ]
        return bool(typed) and all(value == "" for value in typed)

    @property
    def has_typed_secret(self) -> bool:
        """Whether a secret was typed, which no page can show again."""
        return any(
            self[const].data and not field.keeps(self[const].data)
            for const, field in self.fields.items()
            if isinstance(field, SecretField)
        )

    @property
    def values(self) -> dict[str, str]:
        """The validated values as strings, for the REST body and the database."""
        return {const: as_wire(value) for const, value in self.cleaned_data.items()}

    def clean(self):
        cleaned = super().clean()
        for const, fault in self.wire_faults.items():
            field = const if const in self.fields else None
            self.add_error(field, fault if field else f"{const[:100]} {fault}")
        changed = [
            field.label
            for const, field in self.fields.items()
            if not isinstance(field, SecretField)
            and const in cleaned
            and as_wire(cleaned[const]) != as_wire(field.initial)
        ]
        for const, field in self.fields.items():
            if (
                changed
                and isinstance(field, SecretField)
                and field.keeps(self[const].data)
            ):
                # Otherwise it could be sent to a host, or as a user, that it was not
                # typed for. A choice may be whether the connection is encrypted.
                self.add_error(
                    const,
                    _("Enter it again, because “%(changed)s” has changed.")
                    % {"changed": changed[0]},
                )
        return cleaned

    def _make_field(self, declared: AdditionalField, empty_keeps: bool) -> forms.Field:
        common = {
            "label": declared.title,
            "help_text": declared.description,
            "required": declared.required,
            "initial": self.stored.get(declared.const, declared.default),
        }
        text = {
            **common,
            "max_length": MAX_CHARACTERS,
            "validators": pattern_validators(declared.pattern),
        }
        match declared:
            case AdditionalField(is_secret=True):
                text["initial"] = None
                stored = self.stored.get(declared.const, "")
                return SecretField(stored=stored, empty_keeps=empty_keeps, **text)
            case AdditionalField(type="selection", allow_custom_value=True):
                return forms.CharField(widget=SuggestionInput(declared.options), **text)
            case AdditionalField(type="selection"):
                return forms.ChoiceField(choices=choices_of(declared), **common)
            case AdditionalField(type="checkbox" | "boolean"):
                # A required checkbox must be present, not ticked: false is a value.
                checked = common["initial"] == "true"
                return forms.BooleanField(
                    **{**common, "required": False, "initial": checked}
                )
            case AdditionalField(type="date"):
                widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
                return forms.DateField(
                    widget=widget, input_formats=["%Y-%m-%d"], **common
                )
            case AdditionalField(widget="hidden"):
                return forms.CharField(widget=forms.HiddenInput, **text)
            case AdditionalField(widget="textarea"):
                field = forms.CharField(widget=forms.Textarea, **text)
            case _:
                field = forms.CharField(**text)
        if declared.placeholder:
            field.widget.attrs["placeholder"] = declared.placeholder
        field.widget.attrs["autocomplete"] = "off"  # not the admin's own user name
        return field


def choices_of(declared: AdditionalField) -> list[tuple[str, str]]:
    choices = [(option.const, option.title) for option in declared.options]
    if declared.include_none_option:
        choices.append((NONE_OPTION, _("None")))
    if not declared.required and not declared.default:
        choices.insert(0, ("", "—"))
    return choices


def pattern_validators(pattern: str) -> list[RegexValidator]:
    if not pattern:
        return []
    message = _("Wrong format: it must match %(pattern)s.") % {"pattern": pattern}
    return [RegexValidator(re.compile(rf"\A(?:{pattern})\Z"), message)]


def as_wire(value: object) -> str:
    if value is None:
        return ""
    return json.dumps(value) if isinstance(value, bool) else str(value)
