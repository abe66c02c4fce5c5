import uuid
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from django.db import models
from django.db.models import Q

from appconnect.calls.models.crm_record import CrmRecord
from appconnect.organizations.models import Organization
from appconnect.organizations.models.sealed import SealedField


class ClientDetails(models.Model):
    """What a client told about a call that it logged: kept until it tells more.

    `details` has what `calls.posted_call` makes of it, numbers and names among it.
    """

    crm_record = models.OneToOneField(
        CrmRecord,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="client_details",
    )
    details = SealedField()

    def __str__(self):
        return f"what a client told of {self.crm_record}"

    @property
    def organization_id(self) -> UUID:
        """Whose data key `details` is under."""
        return self.crm_record.organization_id

    @classmethod
    def of(cls, crm_record: CrmRecord) -> Self | None:
        """Return what a client told of a call, None where none did. It is read once."""
        return getattr(crm_record, "client_details", None)

    @classmethod
    def contact_name_of(cls, crm_record: CrmRecord) -> str:
        """Return the name under which a client logged a call; empty where none did."""
        kept = cls.of(crm_record)
        return (kept.details or {}).get("contact_name", "") if kept else ""

    @classmethod
    def words_of(cls, crm_record: CrmRecord) -> dict[str, str]:
        """Return what a client told for the record's text, by section of it."""
        kept = cls.of(crm_record)
        return (kept.details or {}).get("words", {}) if kept else {}


class CachedNote(models.Model):
    """What an agent typed during a call, kept for the record that is written after it."""

    LIFETIME = timedelta(hours=1)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="cached_notes"
    )
    session_id = models.CharField(max_length=200)
    note = SealedField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "session_id"], name="one_note_per_session"
            )
        ]

    def __str__(self):
        return f"a note for session {self.session_id}"

    @classmethod
    def keep(
        cls, organization: Organization, session_id: str, note: str, *, now: datetime
    ) -> None:
        """Keep a note for an hour, in place of the last; let go of what is older."""
        cls.objects.filter(organization=organization, expires_at__lte=now).delete()
        key = {"organization": organization, "session_id": session_id}
        kept, _is_new = cls.objects.select_for_update().get_or_create(
            **key, defaults={"expires_at": now}
        )
        kept.note, kept.expires_at = note, now + cls.LIFETIME
        kept.save()

    @classmethod
    def find(cls, organization: Organization, session_id: str, *, now: datetime) -> str:
        """Return the note of a session; empty where there is none."""
        kept = cls.objects.filter(
            organization=organization, session_id=session_id, expires_at__gt=now
        ).first()
        return kept.note if kept else ""


class ContactSearch(models.Model):
    """What the CRM said whom a number belongs to: asked by one client for all of them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="contact_searches"
    )
    question_hash = models.CharField(max_length=64)
    contacts = SealedField()
    looked_up_at = models.DateTimeField(null=True)
    looking_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "question_hash"], name="one_look_up_per_number"
            )
        ]

    def __str__(self):
        return f"a look-up at {self.looked_up_at}"

    def take_lease(self, now: datetime, lease: timedelta) -> bool:
        """Become the only one who asks the CRM, unless somebody else is, or has just been."""
        free = Q(looking_until=None) | Q(looking_until__lte=now)
        mine = type(self).objects.filter(
            free, pk=self.pk, looked_up_at=self.looked_up_at
        )
        return bool(mine.update(looking_until=now + lease))
