"""How long the server takes for the calls page of an organization with a million calls."""

import time
import uuid
from datetime import timedelta

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from appconnect.calls.models import RetryBatch
from appconnect.console.calls.paging import cursor
from appconnect.organizations.models import Extension, Member, Organization
from tests.long_runs.benchmarks.figures import Sizes, milliseconds, vacuum
from tests.support.helpers import SandboxControl
from tests.support.workers import prepare

CALLS = 1_000_000
SECONDS_APART = 34.56
"""400 days in all, if there are a million."""
WITH_NUMBER = 225
"""Of how many in a thousand, the newest, the number is known: 90 days of the 400."""
SHOWN = 200
"""So many of the newest have their sealed details, too."""
TIMES = 15
OUTCOMES = [
    ("LOGGED", "", 800),
    ("SKIPPED", "NO_CONTACT", 100),
    ("SKIPPED", "INTERNAL_CALL", 60),
    ("SKIPPED", "FAX", 10),
    ("NEEDS_ATTENTION", "UNMAPPED_EXTENSION", 10),
    ("NEEDS_ATTENTION", "NO_CREDENTIALS", 10),
    ("FAILED", "GAVE_UP", 10),
]
"""State, reason, and of how many calls in a thousand."""
DIALECTS = {
    "sqlite": {
        "series": "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n "
        "WHERE i < {last})",
        "id": "lower(hex(randomblob(16)))",
        "at": "strftime('%Y-%m-%d %H:%M:%f', 'now', "
        "'-' || (i * {apart}) || ' seconds') || '000'",
    },
    "postgresql": {
        "series": "WITH n AS (SELECT i FROM generate_series(0::bigint, {last}) AS s(i))",
        "id": "gen_random_uuid()",
        "at": "now() - i * interval '{apart} seconds'",
    },
}
CALLS_OF = """
    INSERT INTO calls_callsession (id, organization_id, telephony_session_id, session_id,
        status, reason, attempts, fence, started_at, last_event_at, received_at,
        ended_at, configuration_version, retry_batch_id, was_recovered, has_ended_in_log,
        is_final, direction, extension_id, type, duration_seconds, result,
        contact_number_hash)
    {series}
    SELECT {id}, '{organization}', 's-' || i, '4711' || i, {status}, {reason}, 1, 1,
        {at}, {at}, {at}, {at}, 1,
        CASE WHEN i % 997 = 0 THEN '{retry_batch}' END{uuid}, i % 101 = 0, 1 = 0, 1 = 1,
        CASE WHEN i % 5 < 3 THEN 'Inbound' ELSE 'Outbound' END,
        '' || (9000 + i * 31 % 200), 'Voice', 42, 'Accepted', COALESCE(hash, '')
    FROM n LEFT JOIN benchmark_numbers
        ON i < {with_number} AND k = CASE WHEN i % 10 = 3 THEN 0 ELSE 1 + i * 37 % 8800 END
"""
RECORDS_OF = """
    INSERT INTO calls_crmrecord (organization_id, platform, crm_hostname,
        telephony_session_id, session_id, extension_id, call_id, status, record_id,
        contact_id, contact_type, owner_id, owner_name, fence)
    SELECT organization_id, 'sandbox', 'localhost', telephony_session_id, session_id,
        extension_id, id, 'LOGGED', 'r' || telephony_session_id, 'c1', '', 'u1', 'Ben Baker', 1
    FROM calls_callsession WHERE status = 'LOGGED'
"""


def run(sandbox: SandboxControl, sizes: Sizes) -> list[dict]:
    organization = prepare(sandbox)
    call_command("collectstatic", interactive=False, verbosity=0)
    member = Member.objects.create(
        user=make_user(), organization=organization, right_confirmed_at=timezone.now()
    )
    began = time.monotonic()
    calls = sizes.stored_calls or sizes.of(CALLS)
    fill(organization, calls)
    vacuum()
    print(f"filled in {time.monotonic() - began:.0f} s")
    client = Client(SERVER_NAME="localhost")
    client.force_login(member.user)
    return [
        measure(client, name, address)
        for name, address in addresses(organization, calls)
    ]


def make_user():
    from django.contrib.auth.models import User

    User.objects.filter(username="ada").delete()
    return User.objects.create_user("ada")


def fill(organization: Organization, count: int) -> None:
    """Add the calls in the database itself: one by one they would take long."""
    retry_batch = RetryBatch.objects.create(
        organization=organization, started_at=timezone.now()
    )
    add_extensions(organization)
    dialect = DIALECTS[connection.vendor]
    uuid_type = "" if connection.vendor == "sqlite" else "::uuid"
    values = {
        "organization": key_of(organization.pk),
        "retry_batch": key_of(retry_batch.pk),
        "uuid": uuid_type,
        "status": spread(0),
        "reason": spread(1),
        "with_number": count * WITH_NUMBER // 1000,
        "id": dialect["id"],
        "at": dialect["at"].format(apart=SECONDS_APART),
        "series": dialect["series"].format(last=count - 1),
    }
    with connection.cursor() as sql:
        if connection.vendor == "sqlite":
            sql.execute("PRAGMA cache_size = -400000")
        sql.execute("DROP TABLE IF EXISTS benchmark_numbers")
        sql.execute("CREATE TABLE benchmark_numbers (k int PRIMARY KEY, hash text)")
        hashes = [organization.number_hash(number_of(k)) for k in range(8801)]
        sql.executemany(
            "INSERT INTO benchmark_numbers VALUES (%s, %s)", enumerate(hashes)
        )
        sql.execute(CALLS_OF.format(**values).replace("%", "%%"), [])
        sql.execute(RECORDS_OF)
    for call in organization.calls.order_by("-started_at", "-id")[:SHOWN]:
        party = {"phone_number": number_of(1)}
        call.details = {"caller": party, "callee": party, "recording_url": ""}
        call.save()


def number_of(k: int) -> str:
    return f"+1415555{k + 200:04}"


def key_of(pk: uuid.UUID) -> str:
    return pk.hex if connection.vendor == "sqlite" else str(pk)


def spread(column: int) -> str:
    """Return SQL for the state (0) or the reason (1), each as often as `OUTCOMES` says."""
    cases, until = [], 0
    for outcome in OUTCOMES:
        until += outcome[2]
        cases.append(f"WHEN i * 7919 % 1000 < {until} THEN '{outcome[column]}'")
    return f"CASE {' '.join(cases)} END"


def add_extensions(organization: Organization) -> None:
    Extension.objects.bulk_create(
        Extension(
            organization=organization,
            extension_id=str(9000 + n),
            extension_number=str(9000 + n),
            name=f"Person {n}",
        )
        for n in range(200)
    )


def addresses(organization: Organization, count: int) -> list[tuple[str, str]]:
    calls = organization.calls.order_by("-started_at", "-id")
    deep = cursor(calls[count * 9 // 10])
    one = calls.filter(status="LOGGED")[count // 20]
    retry_batch = organization.retry_batches.get()
    rare = organization.number_hash(number_of(1))
    hotline = organization.number_hash(number_of(0))
    day = timezone.now() - timedelta(days=300)
    queries = {
        "newest": "",
        "deep": f"before={deep}",
        "back": f"after={deep}",
        "needs attention": "state=needs-attention",
        "in progress (none)": "state=in-progress",
        "logged, deep": f"state=logged&before={deep}",
        "reason": "reason=FAX",
        "person": "extension=9007",
        "person, failed": "extension=9007&state=failed",
        "person, logged": "extension=9007&state=logged",
        "person, deep": f"extension=9007&before={deep}",
        "direction": "direction=Outbound",
        "direction, reason": "direction=Outbound&reason=FAX",
        "recovered": "source=call-log",
        "recovered, failed": "source=call-log&state=failed",
        "tried again": "source=try-again",
        "one re-drive": f"retry_batch={retry_batch.pk}",
        "a day": f"since_date={day.date()}&until_date={day.date()}",
        "a day, failed": f"since_date={day.date()}&until_date={day.date()}&state=failed",
        "number": f"number={rare}",
        "number, logged": f"number={rare}&state=logged",
        "hotline": f"number={hotline}",
        "hotline, failed": f"number={hotline}&state=failed",
        "number, none": f"number={'0' * 64}&state=logged&direction=Inbound",
        "state ≠ reason (none)": "state=logged&reason=FAX",
        "session id": f"id={one.telephony_session_id}",
        "CRM id": f"id=r{one.telephony_session_id}",
        "id (none)": "id=nobody",
    }
    pages = [(name, f"/calls/?{query}") for name, query in queries.items()]
    return [
        *pages,
        ("new calls", f"/calls/new/?since={cursor(calls[0])}"),
        ("new calls, deep", f"/calls/new/?since={deep}"),
        ("call detail", one.get_absolute_url()),
        ("try again, confirm", "/calls/try-again/?all=1&state=needs-attention"),
        ("export of 10,000", "/calls/export/?reason=NO_CREDENTIALS"),
    ]


def measure(client: Client, name: str, address: str, *, times: int = TIMES) -> dict:
    took, used = [], []
    for _ in range(times):
        began, cpu = time.monotonic(), time.process_time()
        reply = client.get(address)
        size = len(reply.getvalue())
        took.append(time.monotonic() - began)
        used.append(time.process_time() - cpu)
        assert reply.status_code in (200, 204), (name, reply.status_code)
    return {
        "page": f"{name:<21}",
        "p50 ms": milliseconds(took, 50),
        "max ms": milliseconds(took, 100),
        "CPU ms": milliseconds(used, 50),
        "KB": round(size / 1000, 1),
    }
