"""The statements of clients' requests, in SQL.

The ORM takes several times longer to write each than the database to run it.
"""

import uuid
from datetime import datetime

from django.db import connection

from appconnect.calls.models import (
    CallSession,
    ClientDetails,
    ContactSearch,
    CrmRecord,
)
from appconnect.organizations.models import CrmUser, Organization
from appconnect.organizations.models.sealed import Sealed
from appconnect.rows import read_row, read_rows, with_columns

RECORD = with_columns(
    """
    SELECT {record}, details.details AS sealed_details
    FROM calls_crmrecord record
    LEFT JOIN calls_clientdetails details ON details.crm_record_id = record.id
    """,
    record=CrmRecord,
)
LOGGED = f"""{RECORD}
    WHERE record.organization_id = %s AND record.session_id = %s
        AND record.platform = %s AND record.crm_hostname = %s
        AND record.status = 'LOGGED' AND record.record_id <> ''
"""
AGAIN = f"{RECORD} WHERE record.id = %s"
RESERVED = f"""{RECORD}
    WHERE record.organization_id = %s AND record.platform = %s
        AND record.telephony_session_id IN (%s, %s)
        AND (record.telephony_session_id = %s OR record.status <> 'RESERVED')
    ORDER BY record.status <> 'RESERVED'
"""
CALL = """
    SELECT id, reason FROM calls_callsession
    WHERE organization_id = %s AND telephony_session_id = %s AND extension_id = %s
"""
CRM_USER = with_columns(
    """
    SELECT {crm_user} FROM organizations_crmuser crm_user
    WHERE organization_id = %s AND platform = %s AND crm_user_id = %s
    """,
    crm_user=CrmUser,
)
FIND_SEARCH = with_columns(
    """
    SELECT {search} FROM calls_contactsearch search
    WHERE organization_id = %s AND question_hash = %s
    """,
    search=ContactSearch,
)
CLAIM_SEARCH = with_columns(
    """
    INSERT INTO calls_contactsearch (id, organization_id, question_hash, looking_until)
    VALUES (%s, %s, %s, %s)
    ON CONFLICT (organization_id, question_hash) DO UPDATE
        SET looking_until = excluded.looking_until
        WHERE calls_contactsearch.looked_up_at IS NOT DISTINCT FROM %s
        AND (calls_contactsearch.looking_until IS NULL
            OR calls_contactsearch.looking_until <= %s)
    RETURNING {calls_contactsearch}
    """,
    calls_contactsearch=ContactSearch,
)


def adapted(*values: str | uuid.UUID | datetime | None) -> list[object]:
    """Return the values as the database's driver takes them."""
    return [adapt(value) for value in values]


def adapt(value: str | uuid.UUID | datetime | None) -> object:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, uuid.UUID) and not connection.features.has_native_uuid_field:
        return value.hex
    return value


def logged_records(organization: Organization, session_id: str) -> list[CrmRecord]:
    """Return the records of a call in the organization's CRM, with their client's details."""
    crm = (organization.platform, organization.crm_hostname)
    key = adapted(organization.pk, session_id, *crm)
    return records_with_details(organization, LOGGED, key)


def read_again(crm_record: CrmRecord) -> CrmRecord | None:
    """Return the record as it is stored now, with its client's details."""
    organization = crm_record.organization
    records = records_with_details(organization, AGAIN, [crm_record.pk])
    return next(iter(records), None)


def records_with_details(
    organization: Organization, sql: str, params: list[object]
) -> list[CrmRecord]:
    records = read_rows(CrmRecord, sql, params)
    for record in records:
        record.organization = organization
        if record.sealed_details is None:
            has_no_details(record)
        else:
            details = Sealed(record.sealed_details)
            ClientDetails(crm_record=record, details=details)._state.adding = False
    return records


def has_no_details(crm_record: CrmRecord) -> None:
    """Let the record know that it has no details, so that nothing looks for them."""
    CrmRecord.client_details.related.set_cached_value(crm_record, None)


def reservations(
    organization: Organization, telephony_session_id: str, session_id: str
) -> list[CrmRecord]:
    """Return the reservations for the records of a call, of all its extensions.

    A client that knew only the shorter `session_id` has reserved the record under that.
    Until something was sent, such a row does not count: a worker would not find it. Rows
    of which something was sent come last, as the last of an extension counts.
    """
    names = (telephony_session_id, session_id, telephony_session_id)
    key = adapted(organization.pk, organization.platform, *names)
    return records_with_details(organization, RESERVED, key)


def find_call(crm_record: CrmRecord) -> CallSession | None:
    """Return the `id` and `reason` of the record's call, where a worker knows it."""
    key = (crm_record.telephony_session_id, crm_record.extension_id)
    params = adapted(crm_record.organization_id, *key)
    return read_row(CallSession, CALL, params)


def find_crm_user(organization: Organization, crm_user_id: str) -> CrmUser | None:
    key = adapted(organization.pk, organization.platform, crm_user_id)
    return read_row(CrmUser, CRM_USER, key)


def find_search(organization: Organization, question_hash: str) -> ContactSearch | None:
    key = adapted(organization.pk, question_hash)
    return read_row(ContactSearch, FIND_SEARCH, key)


def claim_search(
    organization: Organization,
    question_hash: str,
    *,
    looked_up_at: datetime | None,
    until: datetime,
    now: datetime,
) -> ContactSearch | None:
    """Return the search, which is this client's until then; None where it is another's.

    Also None where it was answered since `looked_up_at`.
    """
    new = adapted(uuid.uuid4(), organization.pk, question_hash, until)
    values = [*new, *adapted(looked_up_at, now)]
    return read_row(ContactSearch, CLAIM_SEARCH, values)
