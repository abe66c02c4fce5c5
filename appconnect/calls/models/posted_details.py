from typing import Self
from uuid import UUID

from django.db import models

from appconnect.calls.models.call_log import CallLog
from appconnect.organizations.secrets import SealedField


class PostedDetails(models.Model):
    """What a client told about a call that it logged: kept until it tells more.

    `details` has what `calls.posted_call` makes of it, numbers and names among it.
    """

    call_log = models.OneToOneField(
        CallLog,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="posted_details",
    )
    details = SealedField()

    def __str__(self):
        return f"what a client told of {self.call_log}"

    @property
    def organization_id(self) -> UUID:
        """Whose data key `details` is under."""
        return self.call_log.organization_id

    @classmethod
    def of(cls, call_log: CallLog) -> Self | None:
        """Return what a client told of a call, None where none did. It is read once."""
        return getattr(call_log, "posted_details", None)

    @classmethod
    def contact_name_of(cls, call_log: CallLog) -> str:
        """Return the name under which a client logged a call; empty where none did."""
        kept = cls.of(call_log)
        return (kept.details or {}).get("contact_name", "") if kept else ""

    @classmethod
    def words_of(cls, call_log: CallLog) -> dict[str, str]:
        """Return what a client told for the record's text, by section of it."""
        kept = cls.of(call_log)
        return (kept.details or {}).get("words", {}) if kept else {}
