from datetime import datetime, timedelta
from typing import ClassVar
from urllib.parse import quote
from zlib import crc32

from django.db import models
from django.utils.translation import gettext_lazy as _

from appconnect.calls.models.call_queries import Overtaken
from appconnect.calls.models.call_session import CallSession
from appconnect.calls.models.choices import Sentence
from appconnect.calls.models.timing import SEARCH_DELAY, SEARCH_WINDOW
from appconnect.organizations.connections.configuration import configured
from appconnect.organizations.models import Organization
from appconnect.rows import insert_new, update
from connector.manifest import fill_link, needs_settings
from connector.registry import (
    UnknownPlatform,
    display_name_of,
    get_connector_class,
    get_platform,
)
from connector.types import Contact, MarkerSupport


class Reservation(models.Model):
    """Something that the CRM is to have once: reserved here before it is sent there.

    A subclass has a `Status` with RESERVED, SENDING and UNKNOWN, a field for it, and a
    unique constraint on its `key`. `calls.crm.write_once` moves it from state to state.
    """

    MAY_SHOW: ClassVar[Sentence]
    SEND_LATER: ClassVar[Sentence]
    SENDER_INTERVAL: ClassVar[timedelta]
    """How often to check whether its sender still lives."""

    fence = models.PositiveIntegerField(
        default=0,
        help_text=_("Counts the attempts: an earlier one is too late."),
    )
    sent_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @property
    def key(self) -> tuple:
        """The values of the unique constraint."""
        raise NotImplementedError

    @property
    def search_window(self) -> timedelta | None:
        """How long after it was sent it may still turn up in the CRM's search.

        None where the CRM cannot be searched for it.
        """
        return SEARCH_WINDOW + get_connector_class(self.platform).search_lag

    @property
    def lock_id(self) -> int:
        """The number of its sender's lock; known before the row is stored."""
        return crc32(repr(self.key).encode()) % 2**31

    def reserve(self, **changes: object) -> None:
        """Store that it is about to be sent, by this sender. Raises `Overtaken`."""
        sending = {"status": self.Status.SENDING, "fence": self.fence + 1, **changes}
        if not self._state.adding:
            self.move(sending.pop("status"), **sending)
            return
        for name, value in sending.items():
            setattr(self, name, value)
        if insert_new(self) is None:
            raise Overtaken

    def confirm(self, written: object, *, now: datetime) -> None:
        """Store what the CRM has it under. Raises `Overtaken`."""
        raise NotImplementedError

    def move(self, to: models.TextChoices, **changes: object) -> None:
        """Change the state, unless it was changed since it was read. Raises `Overtaken`."""
        changes["status"] = to
        if update(self, changes, unchanged=("status", "fence")) is None:
            raise Overtaken
        for name, value in changes.items():
            setattr(self, name, value)


class CrmRecord(Reservation):
    """One record in the CRM: reserved here before anything is sent there."""

    class Status(models.TextChoices):
        RESERVED = "RESERVED", _("not sent")
        SENDING = "SENDING", _("being sent")
        UNKNOWN = "UNKNOWN", _("sent, no answer")
        LOGGED = "LOGGED", _("logged")

    MAY_SHOW = Sentence.MAY_SHOW
    SEND_LATER = Sentence.SEND_LATER
    SENDER_INTERVAL = SEARCH_DELAY

    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        related_name="crm_records",
        db_index=False,
    )
    platform = models.CharField(max_length=60)
    crm_hostname = models.CharField(max_length=253, blank=True)
    telephony_session_id = models.CharField(max_length=200)
    session_id = models.CharField(
        max_length=40,
        blank=True,
        help_text=_("RingCentral's shorter name of the call, which clients ask by."),
    )
    extension_id = models.CharField(max_length=40, blank=True)
    call = models.ForeignKey(
        CallSession, null=True, on_delete=models.SET_NULL, related_name="crm_records"
    )
    status = models.CharField(
        max_length=10, choices=Status.choices, default=Status.RESERVED
    )
    record_id = models.CharField(max_length=200, blank=True)
    contact_id = models.CharField(max_length=200, blank=True)
    contact_type = models.CharField(max_length=60, blank=True)
    owner_id = models.CharField(
        max_length=200, blank=True, help_text=_("CRM user; empty: who was signed in.")
    )
    owner_name = models.CharField(max_length=200, blank=True)
    logged_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "organization",
                    "platform",
                    "telephony_session_id",
                    "extension_id",
                ],
                name="one_record_per_call_and_extension",
            )
        ]
        indexes = [
            models.Index(
                fields=["organization", "record_id"], name="call_log_by_crm_id"
            ),
            models.Index(
                fields=["organization", "session_id"], name="call_log_by_session"
            ),
        ]

    def __str__(self):
        return f"{self.telephony_session_id} → {self.record_id or self.status}"

    @property
    def was_sent(self) -> bool:
        """Whether it was sent, or may have been."""
        return self.status != self.Status.RESERVED

    @property
    def key(self) -> tuple:
        return (
            self.organization_id,
            self.platform,
            self.telephony_session_id,
            self.extension_id,
        )

    @property
    def search_window(self) -> timedelta | None:
        match get_connector_class(self.platform).marker_support:
            case MarkerSupport.NONE:
                return None
            case MarkerSupport.UNIQUE:  # the CRM refuses a second one
                return timedelta(0)
        return super().search_window

    def confirm(self, written: str, *, now: datetime) -> None:
        self.move(self.Status.LOGGED, record_id=written, logged_at=now)

    @property
    def marker(self) -> str:
        """The text that identifies the record in the CRM."""
        return self.organization.marker(self.telephony_session_id, self.extension_id)

    @property
    def is_in_present_crm(self) -> bool:
        """Whether the record is in the CRM that the organization logs to now."""
        organization = self.organization
        there = (organization.platform, organization.crm_hostname)
        return (self.platform, self.crm_hostname) == there

    @property
    def crm_name(self) -> str:
        """The CRM that has the record, which need not be the present one."""
        return display_name_of(self.platform)

    @property
    def crm_url(self) -> str:
        """Where a person can open the record; empty where no manifest says so.

        The record may be in a CRM that was used once, and whose connector is gone.
        """
        try:
            declared = get_platform(self.platform)
        except UnknownPlatform:
            return ""
        values = {
            "hostname": self.crm_hostname,
            "logId": quote(self.record_id),
            "contactId": quote(self.contact_id),
            "contactType": quote(self.contact_type),
        }
        if needs_settings(declared.log_page_url) and self.is_in_present_crm:
            stored = self._stored_settings()
            values |= {
                f"settings.{const}": quote(stored[const])
                for const in declared.public_consts
                if const in stored
            }
        return fill_link(declared.log_page_url, values)

    def _stored_settings(self) -> dict[str, str]:
        """Return the CRM's additional fields, from what the process keeps of them."""
        organization = self.organization
        version = organization.configuration_version
        settings = configured(organization.pk, version).configuration.settings
        return settings.additional_field_values or {}

    @property
    def contact(self) -> Contact | None:
        """The contact that the record belongs to in the CRM; its name is not stored."""
        if not self.contact_id:
            return None
        return Contact(id=self.contact_id, name="", type=self.contact_type)


class PlaceholderContact(Reservation):
    """The one contact that is created for a number which the CRM does not know.

    Kept only until the CRM's own search is sure to show it; the number is not in it.
    """

    class Status(models.TextChoices):
        RESERVED = "RESERVED", _("not sent")
        SENDING = "SENDING", _("being sent")
        UNKNOWN = "UNKNOWN", _("sent, no answer")
        CREATED = "CREATED", _("created")

    MAY_SHOW = Sentence.CONTACT_MAY_SHOW
    SEND_LATER = Sentence.SEND_CONTACT_LATER
    SENDER_INTERVAL = timedelta(seconds=5)

    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        related_name="placeholder_contacts",
        db_index=False,
    )
    platform = models.CharField(max_length=60)
    crm_hostname = models.CharField(max_length=253, blank=True)
    number_hash = models.CharField(max_length=64)
    status = models.CharField(
        max_length=10, choices=Status.choices, default=Status.RESERVED
    )
    contact_id = models.CharField(max_length=200, blank=True)
    contact_type = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "platform", "crm_hostname", "number_hash"],
                name="one_placeholder_per_number",
            )
        ]

    def __str__(self):
        return self.contact_id or self.get_status_display()

    @property
    def key(self) -> tuple:
        where = (self.organization_id, self.platform, self.crm_hostname)
        return (*where, self.number_hash)

    def confirm(self, written: Contact, *, now: datetime) -> None:
        self.move(
            self.Status.CREATED,
            contact_id=written.id,
            contact_type=written.type[:60],
            sent_at=now,
        )
