import uuid
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from django.db import connection, models

from appconnect.calls.models.call_session import CallSession
from appconnect.calls.models.crm_record import CrmRecord
from appconnect.organizations.models import Organization
from appconnect.organizations.models.sealed import SealedField
from appconnect.rows import adapt, read_row, update

FIND_NOTE = """
    SELECT id, organization_id, extension_id, session_id, note, expires_at
    FROM calls_cachednote
    WHERE organization_id = %s AND extension_id IN (%s, '') AND session_id = %s
        AND expires_at > %s
    ORDER BY extension_id DESC
"""
"""A note of an earlier release has no extension, and is of any."""
KEEP_NOTE = """
    INSERT INTO calls_cachednote
        (id, organization_id, extension_id, session_id, note, expires_at)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (organization_id, extension_id, session_id) DO UPDATE
        SET id = excluded.id, note = excluded.note, expires_at = excluded.expires_at
"""
"""The note is sealed for its row's `id`, so both are replaced."""
DELETE_OLDEST_NOTE = """
    DELETE FROM calls_cachednote WHERE id IN (
        SELECT id FROM calls_cachednote WHERE organization_id = %s AND extension_id = %s
        ORDER BY expires_at DESC LIMIT 1 OFFSET %s
    )
"""


class ClientDetails(models.Model):
    """The facts of a call as the client gave them that logged it, until it gives more.

    `client.client_details` writes `details`, which has numbers and names.
    """

    crm_record = models.OneToOneField(
        CrmRecord,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="client_details",
    )
    details = SealedField()

    def __str__(self):
        return f"client details of {self.crm_record}"

    @property
    def organization_id(self) -> UUID:
        """The organization whose data key `details` is sealed with."""
        return self.crm_record.organization_id

    @classmethod
    def of(cls, crm_record: CrmRecord) -> Self | None:
        """Return a record's details, read once; None where no client has logged the call."""
        return getattr(crm_record, "client_details", None)

    @classmethod
    def contact_name_of(cls, crm_record: CrmRecord) -> str:
        """Return the contact's name as a client gave it; empty where none did."""
        stored = cls.of(crm_record)
        return (stored.details or {}).get("contact_name", "") if stored else ""

    @classmethod
    def written_of(cls, crm_record: CrmRecord) -> dict[str, Any] | None:
        """Return the facts that a client's record was last given; None where none is."""
        stored = cls.of(crm_record)
        details = (stored.details or {}) if stored else {}
        if "call" not in details:
            return None
        facts = {name: details["call"].get(name) for name in CallSession.WRITTEN}
        return facts | (details.get("written") or {})

    def confirm_written(self) -> None:
        """Store that the CRM's record has been given the call as it is here."""
        self.change({**self.details, "written": None})

    def change(self, details: dict[str, Any]) -> None:
        """Store other details, unless they were deleted meanwhile."""
        self.details = details
        sealed = self._meta.get_field("details").pre_save(self, add=False)
        ClientDetails.objects.filter(pk=self.pk).update(details=sealed)

    @classmethod
    def words_of(cls, crm_record: CrmRecord) -> dict[str, str]:
        """Return the client's words for the record's text, by section of the text."""
        stored = cls.of(crm_record)
        return (stored.details or {}).get("words", {}) if stored else {}


class CachedNote(models.Model):
    """The note that an agent typed during a call, for the record that is written after it."""

    LIFETIME = timedelta(hours=1)
    MAX_PER_PERSON = 100

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        related_name="cached_notes",
        db_index=False,
    )
    extension_id = models.CharField(max_length=40, blank=True)
    session_id = models.CharField(max_length=200)
    note = SealedField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "extension_id", "session_id"],
                name="one_note_per_session",
            )
        ]

    def __str__(self):
        return f"a note for session {self.session_id}"

    @classmethod
    def keep(
        cls,
        organization: Organization,
        extension_id: str,
        session_id: str,
        note: str,
        *,
        now: datetime,
    ) -> None:
        """Store a note of a person for an hour, in place of the last one of the call.

        The person's oldest beyond `MAX_PER_PERSON` is deleted.
        """
        row = cls(
            organization=organization,
            extension_id=extension_id,
            session_id=session_id,
            note=note,
            expires_at=now + cls.LIFETIME,
        )
        sealed = cls._meta.get_field("note").pre_save(row, add=True)
        person = (adapt(cls, "organization", organization), extension_id)
        key, until = adapt(cls, "id", row.pk), adapt(cls, "expires_at", row.expires_at)
        with connection.cursor() as cursor:
            cursor.execute(KEEP_NOTE, [key, *person, session_id, sealed, until])
            cursor.execute(DELETE_OLDEST_NOTE, [*person, cls.MAX_PER_PERSON])

    @classmethod
    def find(
        cls,
        organization: Organization,
        extension_id: str,
        session_id: str,
        *,
        now: datetime,
    ) -> str:
        """Return the note of the person at an extension for a call; empty where there is none."""
        key = adapt(cls, "organization", organization.pk)
        values = [key, extension_id, session_id, adapt(cls, "expires_at", now)]
        found = read_row(cls, FIND_NOTE, values)
        return found.note if found else ""


class ContactSearch(models.Model):
    """The contacts that the CRM found for a number: searched by one client for all."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        related_name="contact_searches",
        db_index=False,
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

    def end(self) -> None:
        """Store the contacts that were found, and let others search."""
        self.looking_until = None
        changes = {
            "contacts": self._meta.get_field("contacts").pre_save(self, add=False),
            "looked_up_at": self.looked_up_at,
            "looking_until": self.looking_until,
        }
        update(self, changes)
