"""Migrations keep what the previous release has stored. `test_postgres` runs them there too."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.exceptions import IrreversibleError
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from appconnect.calls.models import CallSession, CrmRecord
from appconnect.organizations.models import Organization
from appconnect.organizations.models.sealed import seal
from appconnect.organizations.models.server_logging import (
    ServerLoggingSettings,
    default_note_sections,
)

RELEASE_0_1_0 = [("organizations", "0001_initial"), ("calls", "0001_initial")]


@pytest.fixture
def migrate(transactional_db):
    """Give a function that migrates to a state and returns its models; ends at the newest."""

    def migrate(targets=None):
        executor = MigrationExecutor(connection)
        targets = targets or executor.loader.graph.leaf_nodes()
        executor.migrate(targets)
        return executor.loader.project_state(targets).apps

    yield migrate
    migrate()


def test_the_first_releases_rows_are_kept(migrate):
    old = migrate(RELEASE_0_1_0)
    organization = old.get_model("organizations", "Organization").objects.create(
        name="O", rc_account_id="1", region="US", platform="sandbox", crm_hostname="crm"
    )
    old.get_model("organizations", "RingCentralConnection").objects.create(
        organization=organization, extension_id="101"
    )
    old.get_model("organizations", "ServerLoggingSettings").objects.create(
        organization=organization, platform="sandbox", logging_level="Account"
    )
    sessions = old.get_model("organizations", "CrmSession").objects
    for crm_user_id in ("u1", "u2"):
        sessions.create(
            organization=organization,
            platform="sandbox",
            crm_user_id=crm_user_id,
            extension_id="101",
        )
    now = timezone.now()
    event = old.get_model("calls", "CallSession").objects.create(
        organization=organization,
        telephony_session_id="s-1",
        status="LOGGED",
        started_at=now,
        last_event_at=now,
        received_at=now,
    )
    old.get_model("calls", "CrmRecord").objects.create(
        organization=organization,
        platform="sandbox",
        telephony_session_id="s-1",
        call=event,
        status="LOGGED",
        record_id="r1",
    )
    event.session_id = "4711"
    event.save()

    new = migrate()

    connected = new.get_model("organizations", "RingCentralConnection").objects.get()
    assert connected.status == "CONNECTED"
    settings = new.get_model("organizations", "ServerLoggingSettings").objects.get()
    assert settings.logging_since >= now
    assert settings.note_sections == default_note_sections()
    assert new.get_model("organizations", "CrmSession").objects.get().crm_user_id == (
        "u2"
    )
    log = new.get_model("calls", "CrmRecord").objects.get()
    assert (log.crm_hostname, log.session_id) == ("crm", "4711")
    assert new.get_model("calls", "CallSession").objects.get().is_final


def test_there_is_no_way_back_that_would_lose_the_data_keys(migrate):
    Organization.objects.create(name="O", rc_account_id="1", region="US")

    with pytest.raises(IrreversibleError, match="data keys"):
        migrate([("organizations", "0014_attempts")])

    Organization.objects.all().delete()


def test_a_worker_of_the_release_before_still_writes_to_the_new_database(migrate):
    old = migrate(
        [("organizations", "0002_ringcentral_sign_in"), ("calls", "0002_call_log_feed")]
    )
    migrate()
    now = timezone.now()
    organization = old.get_model("organizations", "Organization").objects.create(
        name="O", rc_account_id="1", region="US", platform="sandbox", crm_hostname="crm"
    )

    event = old.get_model("calls", "CallSession").objects.create(
        organization=organization,
        telephony_session_id="s-1",
        status="WAITING_TO_LOG",
        started_at=now,
        last_event_at=now,
        received_at=now,
    )
    old.get_model("calls", "CrmRecord").objects.create(
        organization=organization,
        platform="sandbox",
        telephony_session_id="s-1",
        call=event,
    )
    old.get_model("organizations", "ServerLoggingSettings").objects.create(
        organization=organization, platform="sandbox"
    )

    settings = ServerLoggingSettings.objects.get()
    assert settings.note_sections == default_note_sections()
    assert settings.log_date_format == ServerLoggingSettings.LogDateFormat.ISO_12
    assert CallSession.objects.get().fence == CrmRecord.objects.get().fence == 0
    assert settings.no_contact == settings.NoContact.SKIP
    assert settings.several_contacts == settings.SeveralContacts.SKIP
    assert settings.placeholder_prefix == "Unknown caller"


@pytest.mark.parametrize(
    ("chosen", "posted", "expected"),
    [
        ([], {}, ["addCallLogNote"]),
        (
            ["addCallSessionId"],
            {"addCallLogTranscript": {"value": False}, "addCallLogLegs": 7},
            [
                "addCallLogNote",
                "addCallSessionId",
                "addCallLogAiNote",
                "addCallLogRingSenseRecordingTranscript",
                "addCallLogRingSenseRecordingSummary",
                "addCallLogRingSenseRecordingAIScore",
                "addCallLogRingSenseRecordingBulletedSummary",
                "addCallLogRingSenseRecordingLink",
                "addCallLogLegs",
            ],
        ),
    ],
)
def test_what_clients_tell_is_written_unless_it_was_switched_off(
    migrate, chosen, posted, expected
):
    old = migrate([("organizations", "0015_data_keys")])
    organization = old.get_model("organizations", "Organization").objects.create(
        name="O", rc_account_id="1", region="US", platform="sandbox", crm_hostname="crm"
    )
    old.get_model("organizations", "ServerLoggingSettings").objects.create(
        organization=organization, platform="sandbox", note_sections=chosen
    )
    old.get_model("organizations", "ClientSettings").objects.create(
        organization=organization, user_settings=posted
    )

    migrate()

    assert ServerLoggingSettings.objects.get().note_sections == expected
    Organization.objects.all().delete()


def test_numbers_of_calls_that_are_there_are_indexed(migrate):
    old = migrate(
        [
            ("organizations", "0007_members_and_audit"),
            ("calls", "0005_placeholder_contact"),
        ]
    )
    organization = old.get_model("organizations", "Organization").objects.create(
        name="O", rc_account_id="1", region="US", platform="sandbox", crm_hostname="crm"
    )
    now = timezone.now()
    told = {
        "in": ("Inbound", {"phone_number": "+14155550101"}, {}),
        "out": ("Outbound", {}, {"phone_number": "+14155550101"}),
        "withheld": ("Inbound", {"phone_number": ""}, {}),
    }
    for session, (direction, caller, callee) in told.items():
        event = old.get_model("calls", "CallSession")(
            organization=organization,
            telephony_session_id=session,
            direction=direction,
            started_at=now,
            last_event_at=now,
            received_at=now,
        )
        context = f"calls.callevent.details:{organization.pk}:{event.pk}"
        event.details = seal({"caller": caller, "callee": callee}, context=context)
        event.save()

    migrate()

    now_there = Organization.objects.get()
    found = CallSession.objects.with_number(now_there, "+14155550101")
    assert {event.telephony_session_id for event in found} == {"in", "out"}
    assert found.get(telephony_session_id="in").details["caller"] == told["in"][1]
    call_command("rotate_keys", stdout=StringIO())
    call = CallSession.objects.values_list("details").get(telephony_session_id="in")
    assert call[0].startswith("v2."), "what was there comes under the data key"
    assert found.get(telephony_session_id="in").details["caller"] == told["in"][1]
