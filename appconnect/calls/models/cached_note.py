import uuid
from datetime import datetime, timedelta

from django.db import models

from appconnect.organizations.models import Organization
from appconnect.organizations.secrets import SealedField


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
