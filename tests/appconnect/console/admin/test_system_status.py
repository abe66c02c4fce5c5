"""The system status: true without a worker and on a database that only reads, and no secret in it."""

import re
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.functions import Now
from django.utils import timezone

from appconnect.monitoring.models import PeriodicJob, WorkerHeartbeat
from tests.support.helpers import text_of

PATH = "/system-status/"


def test_it_says_how_the_program_is(console, make_call, now):
    WorkerHeartbeat.objects.create(name="one:1", beat_at=Now())
    WorkerHeartbeat.objects.create(name="two:2", beat_at=now - timedelta(hours=1))
    PeriodicJob.claim("sweep", every=timedelta(minutes=1), now=now)
    make_call(next_attempt_at=now - timedelta(minutes=3))

    shown = text_of(console.get(PATH))

    assert "Version 0.1.0" in shown
    assert "Migrations Up to date" in shown
    assert f"Database {connection.display_name} " in shown
    assert re.search(r"Clock -?0\.\d s between the database and this server", shown)
    assert "Encryption key k1" in shown
    assert "one:1 Last heartbeat just now Running" in shown
    assert "two:2 Last heartbeat" in shown
    assert "Calls due 1, the oldest 3 min ago" in shown
    assert " free Encryption key" in shown
    assert "RingCentral requests OK" in shown
    assert "Last sweep run just now" in shown
    assert "security.W" in shown


def test_it_counts_what_ringcentral_delivered_and_nobody_could_read(
    console, organization, now
):
    organization.logging_subscriptions.create(
        event_filter="/restapi/v1.0/account/~/telephony/sessions",
        **{"unreadable": 3, "unreadable_at": now, "unreadable_reason": "sequence"},
    )

    shown = text_of(console.get(PATH))

    assert (
        "Unreadable notifications 3 since logging was set up, the last just now"
        in shown
    )
    assert "(sequence). Their calls are picked up from RingCentral's call log" in shown


def test_it_works_without_a_worker(console):
    assert "No worker is running Nothing is logged." in text_of(console.get(PATH))


@pytest.mark.parametrize(
    "path", [PATH, "/overview/", "/setup/", "/calls/", "/connections/"]
)
def test_it_works_on_a_database_that_only_reads(console, logging_settings, path):
    session = console.session
    session["used_at"] = timezone.now().timestamp() - 120
    session.save()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = ON")
        try:
            assert console.get(path).status_code == 200
            with pytest.raises(DatabaseError), transaction.atomic():
                PeriodicJob.objects.create(name="x", run_at=timezone.now())
        finally:
            cursor.execute("PRAGMA query_only = OFF")


def test_it_tells_no_secret(console, logging_settings, settings):
    settings.ENCRYPTION_KEYS = {**settings.ENCRYPTION_KEYS, "old": "cd" * 32}
    logging_settings.additional_field_values = {"apiPassword": "a canary"}
    logging_settings.save()

    page = console.get(PATH)

    assert "Older data can still be read with old." in text_of(page)
    for secret in (
        settings.SECRET_KEY,
        *settings.ENCRYPTION_KEYS.values(),
        "a canary",
    ):
        assert secret not in page.content.decode()


def test_a_migration_that_is_missing_is_named(console):
    MigrationRecorder.Migration.objects.filter(app="calls").order_by(
        "-name"
    ).first().delete()

    assert "Stop the program and run “manage.py migrate”: calls." in text_of(
        console.get(PATH)
    )


def test_a_penalty_at_ringcentral_is_said(console, organization):
    organization.ringcentral_connection.hold(timezone.now() + timedelta(minutes=5))

    assert (
        "On hold RingCentral asked us to wait, or didn't respond. Next request: Today,"
        in text_of(console.get(PATH))
    )


@pytest.mark.parametrize("role", ["VIEWER", "OPERATOR"])
def test_only_an_admin_sees_it(console, member, role):
    member.role = role
    member.save()

    assert console.get(PATH).status_code == 403
    assert "Administer" not in text_of(console.get("/calls/"))
