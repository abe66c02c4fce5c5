"""The settings form, as far as it is the same for every CRM: the logging rules."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from appconnect.organizations.do_not_log import (
    get_do_not_log_numbers,
    parse_do_not_log,
    split_entries,
)
from appconnect.organizations.models import (
    Extension,
    NoteSection,
    ServerLoggingSettings,
)


class LoggingRulesForm(forms.ModelForm):
    """Whose calls are logged, for whom, what their records say, and which never are."""

    logged_extensions = forms.CharField(
        label=_("Only these extensions"),
        required=False,
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=_(
            "Numbers of the extensions whose calls are logged, separated by commas or "
            "lines. Empty: everybody's."
        ),
    )
    do_not_log_numbers = forms.CharField(
        label=_("Numbers that are never logged"),
        required=False,
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_(
            "Phone numbers and extensions, separated by commas or lines. "
            "Of a call with one of them nothing is kept but that it was skipped."
        ),
    )
    note_sections = forms.MultipleChoiceField(
        label=_("Lines of its text"),
        required=False,
        choices=NoteSection.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "As far as it is known of the call. What agents write in a record stays."
        ),
    )

    class Meta:
        model = ServerLoggingSettings
        fields = [
            "logging_level",
            "logged_extensions",
            "log_internal_calls",
            "activity_record_owner",
            "unmapped_owner",
            "note_sections",
            "log_date_format",
        ]
        help_texts = {
            "log_internal_calls": _(
                "One record each, the caller's, where the CRM has a contact with the "
                "other extension's number."
            )
        }
        widgets = {
            "logging_level": forms.RadioSelect,
            "activity_record_owner": forms.RadioSelect,
            "unmapped_owner": forms.RadioSelect,
        }

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.organization = self.instance.organization
        declared = self.organization.declared.server_side_logging
        if not declared.enable_user_mapping:
            del self.fields["activity_record_owner"], self.fields["unmapped_owner"]
        self.initial["logged_extensions"] = ", ".join(
            extension.extension_number for extension in self.selected_extensions()
        )
        numbers = get_do_not_log_numbers(self.organization)
        self.initial["do_not_log_numbers"] = "\n".join(numbers)

    def selected_extensions(self) -> QuerySet[Extension]:
        return self.organization.extensions.filter(
            extension_id__in=self.instance.logged_extensions
        ).order_by("extension_number")

    def clean_logged_extensions(self) -> list[str]:
        """Return the ids of the extensions whose numbers were typed."""
        typed = split_entries(self.cleaned_data["logged_extensions"])
        known = dict(
            self.organization.extensions.filter(extension_number__in=typed).values_list(
                "extension_number", "extension_id"
            )
        )
        if unknown := [number for number in typed if number not in known]:
            raise forms.ValidationError(
                [_("%s: there is no such extension.") % number for number in unknown]
            )
        return [known[number] for number in typed]

    def clean_do_not_log_numbers(self) -> list[str]:
        numbers, faults = parse_do_not_log(
            self.cleaned_data["do_not_log_numbers"], self.organization
        )
        if faults:
            raise forms.ValidationError(faults)
        return numbers
