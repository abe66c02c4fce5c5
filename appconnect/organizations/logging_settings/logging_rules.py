"""The part of the settings form that is the same for every CRM: the logging rules."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from appconnect.organizations.logging_settings.do_not_log import (
    get_do_not_log_numbers,
    parse_do_not_log,
    split_entries,
)
from appconnect.organizations.models import (
    CrmUser,
    Extension,
    NoteSection,
    ServerLoggingSettings,
)
from connector.phone_numbers import is_format
from connector.registry import get_connector_class

NoContact = ServerLoggingSettings.NoContact
UnmappedOwner = ServerLoggingSettings.UnmappedOwner
CONTACT_FIELDS = (
    "no_contact",
    "placeholder_prefix",
    "placeholder_type",
    "several_contacts",
    "phone_number_formats",
)
OWNER_FIELDS = ("activity_record_owner", "unmapped_owner", "fallback_owner")
MAX_NUMBERS_SHOWN = 200
"""A longer do-not-log list can only be edited on its own page."""
MAX_FORMATS = 3
"""As many as App Connect has; each can cost another search per call."""


class LoggingRulesForm(forms.ModelForm):
    """Which calls are logged, their owner, the text of their records, and the exceptions."""

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
    fallback_owner = forms.CharField(
        label=_("CRM user for unmapped extensions"),
        required=False,
        max_length=254,
        help_text=_(
            "E-mail address or name. Only used where calls are left to such a user."
        ),
    )
    do_not_log_numbers = forms.CharField(
        label=_("Numbers that are never logged"),
        required=False,
        show_hidden_initial=True,
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_(
            "Phone numbers and extensions, separated by commas or lines; +1650555* stands "
            "for all that begin so. Of a call with one of them nothing is kept but that it was skipped."
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
            "fallback_owner",
            "note_sections",
            "log_date_format",
            "crm_duration",
            "recording_links",
            *CONTACT_FIELDS,
        ]
        help_texts = {
            "logging_level": _(
                "Enabled for the account, every extension's calls are logged, unless "
                "you name some below; in trial mode only yours are. Disabled, nothing "
                "is logged, and calls of that time are not logged later."
            ),
            "activity_record_owner": _(
                "Whom the CRM shows as the one who had the call, in reports too."
            ),
            "unmapped_owner": _(
                "A held call is logged as soon as its extension is mapped. One that was "
                "left to somebody stays theirs."
            ),
            "log_date_format": _(
                "How new records write the date; those that are there keep theirs."
            ),
            "crm_duration": _(
                "For the CRM's own field. Where the two differ, the text tells both."
            ),
            "recording_links": _(
                "In the player people sign in to RingCentral, and hear what their role "
                "lets them: their own recordings, or everyone's with access to company "
                "recordings. The file's own address needs an access token in each "
                "request, so a browser shows an error."
            ),
            "no_contact": _(
                "A held call is under “Needs attention” until somebody presses “Try "
                "again”, or these rules change."
            ),
            "placeholder_prefix": _(
                "Used for placeholders only, and followed by the number, as in “Unknown "
                "caller +12125550147”. One is created, however often the number calls."
            ),
            "placeholder_type": _(
                "Used for placeholders only: the CRM's own word, such as Lead. "
                "Empty: what the CRM chooses."
            ),
            "several_contacts": _(
                "Where the CRM does not tell the time of activity or creation of each of "
                "them, nobody is guessed: the call is held."
            ),
            "phone_number_formats": _(
                "Only for a CRM that finds a number just as it was typed. One format a "
                "line, three at most, with * or # for each digit of a national number: "
                "(***) ***-****. They are tried in this order, for numbers of your own "
                "country, when nobody has the number as +12125550147."
            ),
            "log_internal_calls": _(
                "One record each, the caller's, where the CRM has a contact with the "
                "other extension's number."
            ),
        }
        widgets = {
            "logging_level": forms.RadioSelect,
            "activity_record_owner": forms.RadioSelect,
            "unmapped_owner": forms.RadioSelect,
            "crm_duration": forms.RadioSelect,
            "recording_links": forms.RadioSelect,
            "no_contact": forms.RadioSelect,
            "several_contacts": forms.RadioSelect,
            "phone_number_formats": forms.Textarea(
                attrs={"rows": 3, "spellcheck": "false"}
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.organization = self.instance.organization
        declared = self.organization.declared.server_side_logging
        if not declared.enable_user_mapping:
            for name in OWNER_FIELDS:
                del self.fields[name]
        connector = get_connector_class(self.organization.platform)
        if not connector.implements("create_contact"):
            self.offer_no_placeholder()
        self.initial["logged_extensions"] = ", ".join(
            extension.extension_number for extension in self.selected_extensions()
        )
        owner = (
            self.crm_users().filter(crm_user_id=self.instance.fallback_owner).first()
        )
        self.initial["fallback_owner"] = (owner.email or owner.name) if owner else ""
        if self.organization.do_not_log_numbers.count() > MAX_NUMBERS_SHOWN:
            del self.fields["do_not_log_numbers"]
        # A callable: the list is decrypted only where it is shown.
        self.initial["do_not_log_numbers"] = self.list_do_not_log

    def list_do_not_log(self) -> str:
        return "\n".join(get_do_not_log_numbers(self.organization))

    def do_not_log_shown(self) -> list[str]:
        """Return the list that the form was shown with, as far as it can be parsed."""
        name = self.add_initial_prefix("do_not_log_numbers")
        shown, _faults = parse_do_not_log(self.data.get(name, ""), self.organization)
        return shown

    def offer_no_placeholder(self) -> None:
        field = self.fields["no_contact"]
        field.choices = [c for c in field.choices if c[0] != NoContact.PLACEHOLDER]
        del self.fields["placeholder_prefix"], self.fields["placeholder_type"]

    def selected_extensions(self) -> QuerySet[Extension]:
        return self.organization.extensions.filter(
            extension_id__in=self.instance.logged_extensions
        ).order_by("extension_number")

    def clean_logged_extensions(self) -> list[str]:
        """Return the ids of the extensions whose numbers were typed."""
        typed = split_entries(self.cleaned_data["logged_extensions"])
        numbered = self.organization.extensions.filter(extension_number__in=typed)
        # A number that several extensions had in turn belongs to the present one.
        ids = dict(
            numbered.order_by("is_enabled", "pk").values_list(
                "extension_number", "extension_id"
            )
        )
        if unknown := [number for number in typed if number not in ids]:
            raise forms.ValidationError(
                [_("%s: there is no such extension.") % number for number in unknown]
            )
        return [ids[number] for number in typed]

    def crm_users(self) -> QuerySet[CrmUser]:
        return self.organization.crm_users.filter(
            platform=self.organization.platform, is_active=True
        )

    def clean_fallback_owner(self) -> str:
        """Return the id of the CRM user who was named."""
        typed = self.cleaned_data["fallback_owner"]
        if not typed:
            return ""
        named = Q(email__iexact=typed) | Q(name__iexact=typed) | Q(crm_user_id=typed)
        found = self.crm_users().filter(named).values_list("crm_user_id", flat=True)[:2]
        match list(found):
            case [crm_user_id]:
                return crm_user_id
            case []:
                raise forms.ValidationError(_("No active CRM user has this name."))
        raise forms.ValidationError(
            _("Several CRM users have this name: enter the e-mail address.")
        )

    def clean_phone_number_formats(self) -> str:
        """Return the formats that were typed, one a line."""
        typed = self.cleaned_data["phone_number_formats"].splitlines()
        formats = list(filter(None, map(str.strip, typed)))
        if len(formats) > MAX_FORMATS:
            raise forms.ValidationError(_("Enter three formats at most."))
        if wrong := [one for one in formats if not is_format(one)]:
            raise forms.ValidationError(
                [
                    _(
                        "%s: write * or # for each of 5 to 15 digits, and besides "
                        "only digits, spaces and + - . ( ) /."
                    )
                    % one
                    for one in wrong
                ]
            )
        return "\n".join(formats)

    def clean(self):
        cleaned = super().clean()
        creates = cleaned.get("no_contact") == NoContact.PLACEHOLDER
        if creates and cleaned.get("placeholder_prefix") == "":
            self.add_error(
                "placeholder_prefix", _("Enter what a placeholder's name begins with.")
            )
        needs_owner = cleaned.get("unmapped_owner") == UnmappedOwner.FALLBACK
        if needs_owner and cleaned.get("fallback_owner") == "":
            self.add_error("fallback_owner", _("Enter who is to own these calls."))
        return cleaned

    def clean_do_not_log_numbers(self) -> list[str]:
        numbers, faults = parse_do_not_log(
            self.cleaned_data["do_not_log_numbers"], self.organization
        )
        if faults:
            raise forms.ValidationError(faults)
        return numbers
