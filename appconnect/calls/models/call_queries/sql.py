"""Statements that the ORM would take longer to write than the database to run."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from django.db import connection, models

from appconnect.calls.models.choices import CallStatus
from appconnect.rows import adapt, update, with_columns

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

OTHERS = """
    SELECT 1 FROM calls_callsession
    WHERE organization_id = %s AND status = %s AND next_attempt_at <= %s AND id <> %s
    LIMIT 1
"""


@cache
def claim_of(model: type[models.Model]) -> str:
    """Return the statement that claims a call, with all its columns."""
    columns = ", ".join(field.column for field in model._meta.concrete_fields)
    return CLAIM.format(columns=columns)


@cache
def lock_of(model: type[models.Model]) -> str:
    """Return the statement that reads a claimed call again."""
    sql = "SELECT {call} FROM calls_callsession call WHERE id = %s AND fence = %s"
    return with_columns(sql, call=model)


def store_state(call: "CallSession", fields: Sequence[str] = ()) -> bool:
    """Store the call's state; return whether its facts are those that were read.

    Only these columns and the `fields`: a notification may have changed the others.
    Raises `Overtaken`.
    """
    names = (*call.STATE_FIELDS, *call.SEALED_WITH_STATE, *fields)
    field_of = call._meta.get_field
    state = {name: field_of(name).pre_save(call, add=False) for name in names}
    row = update(call, state, unchanged=("fence",), returning="details")
    if row is None:
        raise Overtaken
    return row[0] == call.__dict__.get("details")  # sealed anew with each change


def waits_with_others(call: "CallSession", *, until: datetime) -> bool:
    """Return whether other calls of the organization wait for their record by then."""
    values = [
        adapt(call, "organization", call.organization_id),
        CallStatus.WAITING_FOR_RECORD,
        adapt(call, "next_attempt_at", until),
        adapt(call, "id", call.pk),
    ]
    with connection.cursor() as cursor:
        cursor.execute(OTHERS, values)
        return cursor.fetchone() is not None


class Overtaken(Exception):
    """The row was changed since it was read; nothing was written to it."""
