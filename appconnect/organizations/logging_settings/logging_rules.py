"""The part of the settings form that is the same for every CRM: the logging rules."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from appconnect.organizations.logging_settings.do_not_log import split_entries
from appconnect.organizations.logging_settings.forms import ChoiceCards
from appconnect.organizations.models import (
    CrmUser,
    Extension,
    NoteSection,
    ServerLoggingSettings,
)
from connector.phone_numbers import is_format
from connector.registry import get_connector_class

Level = ServerLoggingSettings.LoggingLevel
Owner = ServerLoggingSettings.ActivityRecordOwner
RecordingLinks = ServerLoggingSettings.RecordingLinks
NoContact = ServerLoggingSettings.NoContact
UnmappedOwner = ServerLoggingSettings.UnmappedOwner
SELECTED = "Selected"
"""Of the form only: the level `ACCOUNT` with a list of extensions."""
CONTACT_FIELDS = (
    "no_contact",
    "placeholder_prefix",
    "placeholder_type",
    "several_contacts",
    "phone_number_formats",
)
OWNER_FIELDS = ("activity_record_owner", "unmapped_owner", "fallback_owner")
MAX_FORMATS = 3
"""As many as App Connect has; each can cost another search per call."""


class LoggingRulesForm(forms.ModelForm):
    """Which calls are logged, their owner, and the text of their records."""

    logging_level = forms.ChoiceField(
        label=_("Log calls for"),
        choices=[
            (Level.ACCOUNT, Level.ACCOUNT.label),
            (SELECTED, _("Selected extensions")),
            (Level.USER, Level.USER.label),
            (Level.DISABLE, Level.DISABLE.label),
        ],
        widget=ChoiceCards(
            {
                Level.ACCOUNT: _("All extensions of the account."),
                SELECTED: _("Only the extensions you list. Useful for a pilot."),
                Level.USER: _("Only the admin who connected RingCentral."),
                Level.DISABLE: _(
                    "Nothing is logged. Calls made while off are not logged later; "
                    "pause instead to keep them."
                ),
            }
        ),
    )
    logged_extensions = forms.CharField(
        label=_("Extension numbers"),
        required=False,
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=_("Separate them with commas or lines."),
    )
    fallback_owner = forms.CharField(
        label=_("CRM user for unmapped extensions"),
        required=False,
        max_length=254,
        help_text=_("Name or email. Owns the calls of unmapped extensions."),
    )
    note_sections = forms.MultipleChoiceField(
        label=_("Lines in the note"),
        required=False,
        choices=NoteSection.choices,
        widget=forms.CheckboxSelectMultiple,
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
            "unmapped_owner": _(
                "Held calls appear under Needs attention and are logged once you map the "
                "extension."
            ),
            "log_date_format": _("Existing records keep their format."),
            "crm_duration": _("The note shows both if they differ."),
            "no_contact": _(
                "Held calls stay under Needs attention until you retry or change this "
                "rule."
            ),
            "placeholder_prefix": _(
                "Followed by the number: “Unknown caller +12125550147”. Each number gets "
                "one placeholder."
            ),
            "placeholder_type": _("Leave empty for the default."),
            "several_contacts": _(
                "If %(crm)s doesn't report when contacts were active or created, the call "
                "is held."
            ),
            "phone_number_formats": _(
                "Only if %(crm)s finds numbers exactly as typed. One per line, up to 3; * "
                "stands for a digit."
            ),
            "log_internal_calls": _(
                "Extension to extension: one record, on the caller's side, if %(crm)s has "
                "the other person as a contact."
            ),
        }
        widgets = {
            "activity_record_owner": ChoiceCards(
                {
                    Owner.AGENT: _("The CRM user mapped to the extension."),
                    Owner.ADMIN: _("Every record belongs to the admin who saves this."),
                }
            ),
            "recording_links": ChoiceCards(
                {
                    RecordingLinks.PLAYER: _(
                        "Opens in a browser. People sign in to RingCentral and hear what "
                        "their role allows."
                    ),
                    RecordingLinks.FILE: _(
                        "For programs. Each request needs an access token, so browsers "
                        "show an error."
                    ),
                }
            ),
            "phone_number_formats": forms.Textarea(
                attrs={
                    "rows": 2,
                    "spellcheck": "false",
                    "placeholder": "(***) ***-****",
                }
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.organization = self.instance.organization
        declared = self.organization.declared
        if not declared.server_side_logging.enable_user_mapping:
            for name in OWNER_FIELDS:
                del self.fields[name]
        for field in self.fields.values():
            field.help_text = str(field.help_text) % {"crm": declared.display_name}
        connector = get_connector_class(self.organization.platform)
        if not connector.implements("create_contact"):
            self.offer_no_placeholder()
        if self.instance.logged_extensions and self.initial["logging_level"] == (
            Level.ACCOUNT
        ):
            self.initial["logging_level"] = SELECTED
        self.initial["logged_extensions"] = ", ".join(
            extension.extension_number for extension in self.selected_extensions()
        )
        owner = (
            self.crm_users().filter(crm_user_id=self.instance.fallback_owner).first()
        )
        self.initial["fallback_owner"] = (owner.email or owner.name) if owner else ""

    def offer_no_placeholder(self) -> None:
        field = self.fields["no_contact"]
        field.choices = [c for c in field.choices if c[0] != NoContact.PLACEHOLDER]
        del self.fields["placeholder_prefix"], self.fields["placeholder_type"]

    def name_people(self) -> None:
        """Say in the options who the admin of these settings is, and whose trial it is."""
        connection = getattr(self.organization, "ringcentral_connection", None)
        if on_trial := connection and connection.owner:
            text = _("Only %(name)s, ext. %(number)s, who connected RingCentral.")
            names = {"name": on_trial.name, "number": on_trial.extension_number}
            self.fields["logging_level"].widget.explain(Level.USER, text % names)
        admin = self.organization.extensions.filter(
            extension_id=self.instance.admin_extension_id
        ).first()
        if admin is None or "unmapped_owner" not in self.fields:
            return
        if self.instance.activity_record_owner == Owner.ADMIN:
            # Who chooses it anew becomes the admin of these settings.
            text = _("Every record belongs to %s.") % admin.name
            self.fields["activity_record_owner"].widget.explain(Owner.ADMIN, text)
        self.fields["unmapped_owner"].choices = [
            (value, _("Assign to %s") % admin.name)
            if value == UnmappedOwner.ADMIN
            else (value, label)
            for value, label in self.fields["unmapped_owner"].choices
        ]

    def selected_extensions(self) -> QuerySet[Extension]:
        return self.organization.extensions.filter(
            extension_id__in=self.instance.logged_extensions
        ).order_by("extension_number")

    def clean_logged_extensions(self) -> list[str]:
        """Return the ids of the extensions whose numbers were typed.

        Everyone needs no list; the list is kept while only the admin's calls are logged,
        or none.
        """
        level = self.cleaned_data.get("logging_level")
        if level != SELECTED:
            return [] if level == Level.ACCOUNT else self.instance.logged_extensions
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
        if not typed:
            raise forms.ValidationError(_("Enter at least one extension."))
        return [ids[number] for number in typed]

    def crm_users(self) -> QuerySet[CrmUser]:
        return self.organization.crm_users.filter(
            platform=self.organization.platform, is_active=True
        )

    def clean_fallback_owner(self) -> str:
        """Return the id of the CRM user who was named, where one is needed."""
        if self.cleaned_data.get("unmapped_owner") != UnmappedOwner.FALLBACK:
            return self.instance.fallback_owner
        typed = self.cleaned_data["fallback_owner"]
        if not typed:
            raise forms.ValidationError(_("Enter a CRM user."))
        named = Q(email__iexact=typed) | Q(name__iexact=typed) | Q(crm_user_id=typed)
        found = self.crm_users().filter(named).values_list("crm_user_id", flat=True)[:2]
        match list(found):
            case [crm_user_id]:
                return crm_user_id
            case []:
                raise forms.ValidationError(
                    _("No active CRM user has this name or email.")
                )
        raise forms.ValidationError(
            _("Several CRM users have this name. Enter the email.")
        )

    def clean_phone_number_formats(self) -> str:
        """Return the formats that were typed, one a line."""
        typed = self.cleaned_data["phone_number_formats"].splitlines()
        formats = list(filter(None, map(str.strip, typed)))
        if len(formats) > MAX_FORMATS:
            raise forms.ValidationError(_("Enter up to 3 formats."))
        if wrong := [one for one in formats if not is_format(one)]:
            raise forms.ValidationError(
                [
                    _(
                        "%s: enter * or # for each of 5 to 15 digits. Digits, spaces, "
                        "and + - . ( ) / are allowed too."
                    )
                    % one
                    for one in wrong
                ]
            )
        return "\n".join(formats)

    def clean_note_sections(self) -> list[str]:
        """Return the sections; those that are stored, in their order, are no change."""
        chosen, stored = self.cleaned_data["note_sections"], self.instance.note_sections
        return stored if set(chosen) == set(stored) else chosen

    def clean(self):
        cleaned = super().clean()
        creates = cleaned.get("no_contact") == NoContact.PLACEHOLDER
        if creates and cleaned.get("placeholder_prefix") == "":
            self.add_error(
                "placeholder_prefix", _("Enter a name for placeholder contacts.")
            )
        if cleaned.get("logging_level") == SELECTED:
            cleaned["logging_level"] = Level.ACCOUNT
        return cleaned
