import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from django.db import connection, models
from django.db.models import Count, F, Q
from django.db.models.functions import Coalesce, RowNumber

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

if TYPE_CHECKING:
    from appconnect.calls.models.call_session import CallSession


CLAIM = """
    UPDATE calls_callsession
    SET next_attempt_at = %s, attempts = attempts + 1, fence = fence + 1
    WHERE id = %s AND next_attempt_at <= %s
    RETURNING {columns},
        (SELECT configuration_version FROM organizations_organization AS o
         WHERE o.id = calls_callsession.organization_id) AS claimed_version,
        EXISTS (SELECT 1 FROM organizations_organization AS o, calls_crmrecord AS r
         WHERE o.id = calls_callsession.organization_id
         AND r.organization_id = o.id
         AND r.telephony_session_id
         IN (calls_callsession.telephony_session_id, calls_callsession.session_id)
        ) AS may_have_crm_record,
        EXISTS (SELECT 1 FROM calls_crmcircuit AS c
         WHERE c.organization_id = calls_callsession.organization_id
         AND (c.failures > 0 OR c.open_until IS NOT NULL)
        ) AS may_have_open_circuit
"""
"""One statement that claims a call, and reads with it what its next step depends on."""


@cache
def claim_of(model: type[models.Model]) -> str:
    """Return the statement that claims a call, with all its columns."""
    columns = ", ".join(field.column for field in model._meta.concrete_fields)
    return CLAIM.format(columns=columns)


def store_state(call: "CallSession") -> bool:
    """Store the call's state; return whether its facts are those that were read.

    Only these columns: a notification may have changed others. Raises `Overtaken`.
    """
    state = {name: getattr(call, name) for name in call.STATE_FIELDS}
    for name in call.SEALED_WITH_STATE:
        state[name] = call._meta.get_field(name).pre_save(call, add=False)
    row = update(call, state, unchanged=("fence",), returning="details")
    if row is None:
        raise Overtaken
    return row[0] == call.__dict__.get("details")  # sealed anew with each change


def update(
    row: models.Model,
    changes: Mapping[str, object],
    *,
    unchanged: Sequence[str] = (),
    returning: str = "id",
) -> tuple | None:
    """Update the row where the fields in `unchanged` have the values that were read.

    Return one column of it, or None where it was changed meanwhile.
    """
    meta = row._meta
    where = ("id", *unchanged)
    assignments = ", ".join(f"{meta.get_field(name).column} = %s" for name in changes)
    conditions = " AND ".join(f"{meta.get_field(name).column} = %s" for name in where)
    sql = (
        f"UPDATE {meta.db_table} SET {assignments}"  # noqa: S608  no outside text
        f" WHERE {conditions} RETURNING {returning}"
    )
    values = [adapt(row, name, value) for name, value in changes.items()]
    values += [adapt(row, name, getattr(row, name)) for name in where]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()


def insert(
    model: type[models.Model], fields: Sequence[str], rows: Sequence[Sequence[object]]
) -> None:
    """Insert the rows with one statement."""
    quote = connection.ops.quote_name
    columns = ", ".join(quote(model._meta.get_field(name).column) for name in fields)
    row = f"({', '.join(['%s'] * len(fields))})"
    sql = (
        f"INSERT INTO {model._meta.db_table} ({columns})"  # noqa: S608  no outside text
        f" VALUES {', '.join([row] * len(rows))}"
    )
    values = [
        adapt(model, name, value)
        for row in rows
        for name, value in zip(fields, row, strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def insert_new(row: models.Model) -> object:
    """Insert the row, and return its key; None where another has its unique values."""
    meta = row._meta
    fields = [
        field
        for field in meta.concrete_fields
        if not isinstance(field, models.AutoField)
    ]
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    sql = (
        f"INSERT INTO {meta.db_table} ({columns})"  # noqa: S608  no outside text
        f" VALUES ({', '.join(['%s'] * len(fields))})"
        f" ON CONFLICT DO NOTHING RETURNING {meta.pk.column}"
    )
    values = [
        field.get_db_prep_save(field.pre_save(row, add=True), connection)
        for field in fields
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        inserted = cursor.fetchone()
    if inserted is None:
        return None
    row.pk, row._state.adding = meta.pk.to_python(inserted[0]), False
    return row.pk


def adapt(
    model: models.Model | type[models.Model], field: str, value: object
) -> object:
    """Return a value of the field as the database's driver takes it."""
    value = value.pk if isinstance(value, models.Model) else value
    return model._meta.get_field(field).get_db_prep_save(value, connection)


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
        claimed = list(self.raw(claim_of(self.model), [until, key, due]))
        for call in claimed:
            version = call.claimed_version
            call.organization = configured(call.organization_id, version)
        return claimed[0] if claimed else None

    def lock(self, pk: uuid.UUID) -> "CallSession":
        """Return a call, locked until the transaction ends."""
        locked = self.select_for_update(of=("self",)).select_related("organization")
        return locked.get(pk=pk)

    def lock_claimed(self, claimed: "CallSession") -> None:
        """Lock a call that this worker has claimed, and read it again.

        Raises `Overtaken`.
        """
        mine = self.select_for_update(of=("self",)).filter(fence=claimed.fence)
        organization = claimed.organization
        try:
            claimed.refresh_from_db(from_queryset=mine)
        except self.model.DoesNotExist as error:
            raise Overtaken from error
        claimed.organization = organization  # which knows its configuration

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

    def held(self):
        """Return the calls that ended unlogged and can be retried."""
        return self.filter(status__in=HELD)

    def retriable(self):
        """Return the calls that a person can retry one by one.

        Those are the held ones, and skipped ones whose details are still stored.
        """
        is_skipped = models.Q(status=CallStatus.SKIPPED, details__isnull=False)
        return self.filter(models.Q(status__in=HELD) | is_skipped)

    def make_due(
        self, *, now: datetime, retry_batch: "RetryBatch | None" = None
    ) -> int:
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


RETRY_BATCH_WINDOW = timedelta(days=7)
"""How long a batch may be under way: all attempts of a call together last two days."""


class RetryBatchQuerySet(models.QuerySet):
    def with_progress(self):
        """Count each one's calls as `total`, and those still on their way as `left`."""
        is_left = Q(calls__status__in=IN_PROGRESS)
        return self.annotate(total=Count("calls"), left=Count("calls", filter=is_left))

    def under_way(self, now: datetime):
        """Return those of the last days with calls still on their way."""
        recent = self.filter(started_at__gt=now - RETRY_BATCH_WINDOW)
        return recent.with_progress().filter(left__gt=0).order_by("-started_at")


class RetryBatch(models.Model):
    """Calls that an admin retried together."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="retry_batches"
    )
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=200)

    objects = RetryBatchQuerySet.as_manager()

    def __str__(self):
        return f"RetryBatch of {self.started_at}"


class Overtaken(Exception):
    """The row was changed since it was read; nothing was written to it."""
