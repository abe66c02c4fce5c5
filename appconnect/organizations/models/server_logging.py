import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from appconnect.organizations.models.organization import Organization
from appconnect.organizations.models.sealed import SealedField


class NoteSection(models.TextChoices):
    """A part of a record's text, by its name in App Connect's user settings."""

    SUBJECT = "addCallLogSubject", _("Summary line")
    DATE_TIME = "addCallLogDateTime", _("Date and time")
    DURATION = "addCallLogDuration", _("Duration")
    RESULT = "addCallLogResult", _("Result")
    RECORDING = "addCallLogRecording", _("Recording and voicemail links")
    NOTE = "addCallLogNote", _("Agent's note")
    AI_NOTE = "addCallLogAiNote", _("AI note")
    TRANSCRIPT = "addCallLogTranscript", _("Transcript")
    ACE_SUMMARY = "addCallLogRingSenseRecordingSummary", _("ACE summary")
    ACE_BULLETED_SUMMARY = (
        "addCallLogRingSenseRecordingBulletedSummary",
        _("ACE bulleted summary"),
    )
    ACE_TRANSCRIPT = "addCallLogRingSenseRecordingTranscript", _("ACE transcript")
    ACE_SCORE = "addCallLogRingSenseRecordingAIScore", _("ACE score")
    ACE_LINK = "addCallLogRingSenseRecordingLink", _("ACE recording link")
    CONTACT_NUMBER = "addCallLogContactNumber", _("Contact's number")
    RINGCENTRAL_USER_NAME = "addRingCentralUserName", _("Agent's name")
    RINGCENTRAL_NUMBER = "addRingCentralNumber", _("Agent's number and extension")
    SESSION_ID = "addCallSessionId", _("Session ID")
    LEGS = "addCallLogLegs", _("Call journey")


ON_REQUEST = (
    NoteSection.SESSION_ID,
    NoteSection.RINGCENTRAL_USER_NAME,
    NoteSection.RINGCENTRAL_NUMBER,
    NoteSection.CONTACT_NUMBER,
)
"""Sections that App Connect leaves out by default."""


def default_note_sections() -> list[str]:
    return [section for section in NoteSection.values if section not in ON_REQUEST]


class ServerLoggingSettings(models.Model):
    """How an organization's calls are logged into one CRM."""

    class LoggingLevel(models.TextChoices):
        ACCOUNT = "Account", _("Everyone")
        USER = "User", _("Only me (trial)")
        DISABLE = "Disable", _("Off")

    class ActivityRecordOwner(models.TextChoices):
        AGENT = "user", _("The person on the call")
        ADMIN = "admin", _("One account for all calls")

    class UnmappedOwner(models.TextChoices):
        NEEDS_ATTENTION = "attention", _("Hold the call until it's mapped")
        ADMIN = "admin", _("Assign to the admin")
        FALLBACK = "fallback", _("Assign to another user")

    class LogDateFormat(models.TextChoices):
        ISO_12 = "YYYY-MM-DD hh:mm:ss A", "2026-03-31 02:15:00 PM"
        ISO_24 = "YYYY-MM-DD HH:mm:ss", "2026-03-31 14:15:00"
        US = "MM/DD/YYYY hh:mm:ss A", "03/31/2026 02:15:00 PM"
        BRITISH = "DD/MM/YYYY HH:mm:ss", "31/03/2026 14:15:00"
        GERMAN = "DD.MM.YYYY HH:mm:ss", "31.03.2026 14:15:00"

    class CrmDuration(models.TextChoices):
        TALK = "talk", _("Talk time")
        TOTAL = "total", _("Total time, with ringing and queue")

    class RecordingLinks(models.TextChoices):
        PLAYER = "player", _("RingCentral's player")
        FILE = "file", _("Audio file")

    class NoContact(models.TextChoices):
        SKIP = "skipLogging", _("Skip the call")
        NEEDS_ATTENTION = "attention", _("Hold the call")
        PLACEHOLDER = "createNewPlaceholderContact", _("Create a placeholder contact")

    class SeveralContacts(models.TextChoices):
        NEEDS_ATTENTION = "attention", _("Hold the call and ask")
        MOST_RECENT_ACTIVITY = "mostRecentActivity", _("Use the most recently active")
        EARLIEST_CREATED = "earliestCreated", _("Use the oldest")
        FIRST_ALPHABETICAL = "firstAlphabetical", _("Use the first by name")
        SKIP = "skipLogging", _("Skip the call")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        related_name="server_logging_settings",
        db_index=False,
    )
    platform = models.CharField(max_length=60)
    logging_level = models.CharField(
        _("log calls for"),
        max_length=10,
        choices=LoggingLevel.choices,
        default=LoggingLevel.DISABLE,
    )
    activity_record_owner = models.CharField(
        _("activity owner"),
        max_length=10,
        choices=ActivityRecordOwner.choices,
        default=ActivityRecordOwner.AGENT,
    )
    unmapped_owner = models.CharField(
        _("if the extension is unmapped"),
        max_length=10,
        choices=UnmappedOwner.choices,
        default=UnmappedOwner.NEEDS_ATTENTION,
    )
    fallback_owner = models.CharField(
        max_length=200,
        blank=True,
        default="",
        help_text=_("Id of the CRM user who owns what unmapped extensions leave."),
    )
    logged_extensions = models.JSONField(
        default=list,
        blank=True,
        help_text=_("Ids of the only extensions whose calls are logged; empty: all."),
    )
    log_internal_calls = models.BooleanField(_("log internal calls"), default=False)
    note_sections = models.JSONField(
        default=default_note_sections,
        blank=True,
    )
    log_date_format = models.CharField(
        _("date format"),
        max_length=30,
        choices=LogDateFormat.choices,
        default=LogDateFormat.ISO_12,
    )
    crm_duration = models.CharField(
        _("duration field"),
        max_length=10,
        choices=CrmDuration.choices,
        default=CrmDuration.TALK,
    )
    recording_links = models.CharField(
        _("recording links"),
        max_length=10,
        choices=RecordingLinks.choices,
        default=RecordingLinks.PLAYER,
        db_default=RecordingLinks.PLAYER,
    )
    no_contact = models.CharField(
        _("no match"),
        max_length=30,
        choices=NoContact.choices,
        default=NoContact.SKIP,
    )
    placeholder_prefix = models.CharField(
        _("placeholder name"),
        max_length=60,
        blank=True,
        default="Unknown caller",
        help_text=_("Comes before the number: “Unknown caller +12125550147”."),
    )
    placeholder_type = models.CharField(
        _("placeholder type"),
        max_length=60,
        blank=True,
        default="",
        help_text=_("The CRM's own word, such as Lead. Empty: the CRM's default."),
    )
    several_contacts = models.CharField(
        _("multiple matches"),
        max_length=30,
        choices=SeveralContacts.choices,
        default=SeveralContacts.SKIP,
    )
    phone_number_formats = models.TextField(
        _("extra number formats"),
        blank=True,
        default="",
        help_text=_("One mask a line, such as (***) ***-****."),
    )
    paused_at = models.DateTimeField(null=True)
    skipped_from = models.DateTimeField(
        null=True,
        help_text=_("Calls from then on, until `skipped_until`, are skipped."),
    )
    skipped_until = models.DateTimeField(null=True)
    logging_since = models.DateTimeField(
        null=True, help_text=_("When logging was turned on, as it is set now.")
    )
    additional_field_values = SealedField()
    admin_extension_id = models.CharField(
        max_length=40, blank=True, help_text=_("The admin who saved these settings.")
    )
    secrets_changed_at = models.DateTimeField(null=True)
    secrets_changed_by = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "server logging settings"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "platform"],
                name="one_settings_row_per_platform",
            )
        ]

    def __str__(self):
        return f"{self.organization}: {self.get_logging_level_display()}"

    @classmethod
    def change(
        cls,
        organization: Organization,
        values: Mapping[str, Any],
        *,
        platform: str = "",
        actor_name: str = "",
        now: datetime,
    ) -> dict[str, Any]:
        """Store new values; return the values they replace.

        The caller holds the organization's lock: as long as there is no row, no row can
        be locked. Nothing else writes the row. What follows from the values is compared
        with the row as it is now: since when calls are logged, and who changed a secret.
        Without a `platform` it is the row of the organization's own CRM.
        """
        if not values:
            return {}
        key = {
            "organization": organization,
            "platform": platform or organization.platform,
        }
        settings = cls.objects.filter(**key).first() or cls(**key)
        replaced = {name: getattr(settings, name) for name in values}
        if replaced.get("logging_level") != values.get("logging_level"):
            settings.logging_since = now
        new_fields = values.get("additional_field_values")
        old_fields = replaced.get("additional_field_values") or {}
        if new_fields is not None and any(
            new_fields.get(const, "") != old_fields.get(const, "")
            for const in organization.secret_fields
        ):
            settings.secrets_changed_at = now
            settings.secrets_changed_by = actor_name
        for name, value in values.items():
            setattr(settings, name, value)
        settings.save()
        return replaced

    @property
    def is_enabled(self) -> bool:
        return self.logging_level != self.LoggingLevel.DISABLE

    def was_skipped_at(self, instant: datetime) -> bool:
        """Return whether an admin, after a pause, chose to skip the calls of that time."""
        if self.skipped_from is None or self.skipped_until is None:
            return False
        return self.skipped_from <= instant < self.skipped_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What a process keeps of an organization's configuration, for one version of it."""

    settings: ServerLoggingSettings
    do_not_log: frozenset[str] = field(repr=False)
    """`number_hash` of each entry of the list."""
    mappings: dict[str, Any] = field(default_factory=dict, repr=False)
    """The rows of the user mapping that were read for one call, by extension id."""


class DoNotLogNumber(models.Model):
    """A phone number or an extension number whose calls leave no trace."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        related_name="do_not_log_numbers",
        db_index=False,
    )
    number = SealedField()
    number_hash = models.CharField(max_length=64)
    label = models.CharField(_("label"), max_length=100, blank=True, default="")
    added_by = models.CharField(max_length=200, blank=True, default="")
    added_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "number_hash"], name="listed_once"
            )
        ]

    def __str__(self):
        return "a do-not-log number"
