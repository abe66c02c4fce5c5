from django.db import models
from django.utils.translation import gettext_lazy as _

from appconnect.calls.models.call_event import CallEvent
from appconnect.calls.models.reservation import Reservation
from appconnect.organizations.models import Organization
from connector.registry import UnknownPlatform, get_platform


class CallLog(Reservation):
    """One record in the CRM: reserved here before anything is sent there."""

    class Status(models.TextChoices):
        RESERVED = "RESERVED", _("not sent")
        SENDING = "SENDING", _("being sent")
        UNKNOWN = "UNKNOWN", _("sent, no answer")
        LOGGED = "LOGGED", _("logged")

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="call_logs"
    )
    platform = models.CharField(max_length=60)
    crm_hostname = models.CharField(max_length=253, blank=True)
    telephony_session_id = models.CharField(max_length=200)
    session_id = models.CharField(
        max_length=40,
        blank=True,
        db_default="",
        help_text=_("RingCentral's shorter name of the call, which clients ask by."),
    )
    extension_id = models.CharField(max_length=40, blank=True)
    call_event = models.ForeignKey(
        CallEvent, null=True, on_delete=models.SET_NULL, related_name="call_logs"
    )
    status = models.CharField(
        max_length=10, choices=Status.choices, default=Status.RESERVED
    )
    crm_log_id = models.CharField(max_length=200, blank=True)
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
                fields=["organization", "crm_log_id"], name="call_log_by_crm_id"
            ),
            models.Index(
                fields=["organization", "session_id"], name="call_log_by_session"
            ),
        ]

    def __str__(self):
        return f"{self.telephony_session_id} → {self.crm_log_id or self.status}"

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
    def marker(self) -> str:
        """What names the record in the CRM."""
        return self.organization.marker(self.telephony_session_id, self.extension_id)

    @property
    def is_in_present_crm(self) -> bool:
        """Whether the record is in the CRM that the organization logs to now."""
        organization = self.organization
        there = (organization.platform, organization.crm_hostname)
        return (self.platform, self.crm_hostname) == there

    @property
    def crm_url(self) -> str:
        """Where a person can open the record; empty where no manifest says so.

        The record may be in a CRM that was used once, and whose connector is gone.
        """
        try:
            url = get_platform(self.platform).log_page_url
        except UnknownPlatform:
            return ""
        for token, value in (
            ("{hostname}", self.crm_hostname),
            ("{logId}", self.crm_log_id),
            ("{contactId}", self.contact_id),
            ("{contactType}", self.contact_type),
        ):
            url = url.replace(token, value)
        return url
