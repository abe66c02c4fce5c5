import uuid
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F
from django.db.models.functions import Coalesce, RowNumber

from appconnect.calls.models.call_queries.retry_batch import RetryBatch
from appconnect.calls.models.call_queries.sql import Overtaken, claim_of, lock_of
from appconnect.calls.models.choices import (
    FIXED_BY_CONFIGURATION,
    HELD,
    IN_PROGRESS,
    AttentionReason,
    CallStatus,
)
from appconnect.calls.models.timing import LEASE
from appconnect.organizations.connections.configuration import configured
from appconnect.organizations.models import Organization
from appconnect.rows import adapt, for_update, read_row, take_fields

if TYPE_CHECKING:
    from appconnect.calls.models.call_session import CallSession


class CallSessionQuerySet(models.QuerySet):
    def due(self, now: datetime):
        return self.filter(next_attempt_at__lte=now)

    def in_turns(self):
        """Order them fairly: the oldest of each organization, then the next of each …

        `turn` counts within the organization, from 1.
        """
        turn = models.Window(
            RowNumber(), partition_by="organization_id", order_by="next_attempt_at"
        )
        return self.annotate(turn=turn).order_by("turn", "next_attempt_at")

    def claim(self, pk: uuid.UUID, now: datetime) -> "CallSession | None":
        """Claim a due call for this worker; None when it is not due, or not any more.

        One conditional UPDATE, so that two workers never have the same call. It counts
        the attempt: a call that kills its worker is given up after its last one.
        """
        until = adapt(self.model, "next_attempt_at", now + LEASE)
        due = adapt(self.model, "next_attempt_at", now)
        key = adapt(self.model, "id", pk)
        call = read_row(self.model, claim_of(self.model), [until, key, due])
        if call is not None:
            version = call.claimed_version
            call.organization = configured(call.organization_id, version)
        return call

    def lock(self, pk: uuid.UUID) -> "CallSession":
        """Return a call, locked until the transaction ends."""
        locked = self.select_for_update(of=("self",)).select_related("organization")
        return locked.get(pk=pk)

    def lock_claimed(self, claimed: "CallSession") -> None:
        """Lock a call that this worker has claimed, and read it again.

        Raises `Overtaken`.
        """
        sql = for_update(lock_of(self.model))
        key = adapt(self.model, "id", claimed.pk)
        call = read_row(self.model, sql, [key, claimed.fence])
        if call is None:
            raise Overtaken
        take_fields(claimed, call)

    def maybe_fixed(self, now: datetime):
        """Return the held calls whose cause may have been removed.

        The configuration has changed since; or a license may have been bought in the
        CRM, which is checked every hour for a week.
        """
        is_changed = models.Q(
            reason__in=FIXED_BY_CONFIGURATION,
            configuration_version__lt=F("organization__configuration_version"),
        )
        is_license_due = models.Q(
            reason=AttentionReason.UNLICENSED_OWNER,
            ended_at__lt=now - timedelta(hours=1),
            started_at__gt=now - timedelta(days=7),
        )
        waiting = self.filter(status=CallStatus.NEEDS_ATTENTION)
        return waiting.filter(is_changed | is_license_due)

    def waiting_for_record(self):
        return self.filter(status=CallStatus.WAITING_FOR_RECORD)

    def with_crm_record(self):
        """Prefetch the CRM records, as `crm_records`, and the organization.

        Not by a join: SQLite then sorts the calls of the organization for each page.
        """
        return self.prefetch_related("organization", "crm_records__organization")

    def with_number(self, organization: Organization, number: str):
        """Return the organization's calls with `number`, in E.164, on the other side."""
        return self.filter(
            organization=organization,
            contact_number_hash__in=organization.number_hashes(number),
        )

    def with_any_id(self, organization: Organization, text: str):
        """Return the organization's calls that `text` is an id of.

        That is RingCentral's for the session, the CRM's for the record, or ours.
        """
        mine = self.filter(organization=organization)
        # One query for each index: one condition for all would use none.
        keys = [
            *mine.filter(telephony_session_id=text).values_list("pk", flat=True),
            *mine.filter(session_id=text).values_list("pk", flat=True),
            *mine.filter(
                crm_records__organization=organization, crm_records__record_id=text
            ).values_list("pk", flat=True),
        ]
        with suppress(ValueError):
            keys.append(uuid.UUID(text))
        return mine.filter(pk__in=keys)

    def finished(self):
        """Return the calls that no worker has or will process."""
        return self.filter(next_attempt_at=None).exclude(status__in=IN_PROGRESS)

    def forget_identity(self) -> int:
        """Delete numbers, names and recordings; states and times stay."""
        return self.update(
            details=None,
            written=None,
            logged_contact_name=None,
            contact_candidates=None,
            chosen_contact=None,
            contact_number_hash="",
            next_attempt_at=None,
            fence=F("fence") + 1,  # a worker that has it is too late
        )

    def waiting_to_log(self):
        """Return the calls that are ready: for a worker, or after a pause or an outage."""
        return self.filter(status=CallStatus.WAITING_TO_LOG)

    def held(self):
        """Return the calls that ended unlogged and can be retried."""
        return self.filter(status__in=HELD)

    def retriable(self):
        """Return the calls that a person can retry one by one.

        Those are the held ones, and skipped ones whose details are still stored.
        """
        is_skipped = models.Q(status=CallStatus.SKIPPED, details__isnull=False)
        return self.filter(models.Q(status__in=HELD) | is_skipped)

    def make_due(self, *, now: datetime, retry_batch: RetryBatch | None = None) -> int:
        """Retry these calls from where they stopped; return how many."""
        columns = {
            "reason": "",
            "attempts": 0,
            "next_attempt_at": now,
            # Held before this column was there.
            "held_since": models.Case(
                models.When(status__in=HELD, then=Coalesce("held_since", F("ended_at")))
            ),
            "ended_at": None,
            "retry_batch": retry_batch,
        }
        has_record = models.Q(details__isnull=False)
        to_log = self.filter(has_record).update(
            status=CallStatus.WAITING_TO_LOG, **columns
        )
        to_find = self.exclude(has_record).update(
            status=CallStatus.WAITING_FOR_RECORD, **columns
        )
        return to_log + to_find
