"""From the settings form to a late recording, with each CRM whose stand-in is judged.

RingCentral is the sandbox; everything runs in the tests' process.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from appconnect.calls.intake.sync import read_call_log
from appconnect.calls.models import CallSession
from appconnect.organizations.connections import connectors, crm_sign_in
from appconnect.organizations.mapping.user_mapping import refresh_directory
from connector.http.session import open_session
from tests.support.fakes.server import StandInAdapter
from tests.support.helpers import text_of
from tests.support.judged_crms import CRMS, CUSTOMER, EMAIL, JudgedCrm
from tests.support.judged_crms.journey import EDIT, FORM, log_due_call
from tests.support.organization import map_by_hand


@contextmanager
def running(crm_class: type[JudgedCrm], settings, monkeypatch) -> Iterator[JudgedCrm]:
    crm = crm_class(settings)
    host = crm.fake.host
    settings.CRM_PRIVATE_HOSTS = [*settings.CRM_PRIVATE_HOSTS, host]

    def open_session_to_stand_in(**options):
        session = open_session(**options)
        session.mount("https://", StandInAdapter(crm.fake))
        return session

    monkeypatch.setattr(connectors, "open_session", open_session_to_stand_in)
    with crm.fake:
        yield crm
    assert crm.fake.faults == []


@pytest.mark.parametrize("crm_class", CRMS, ids=lambda crm: crm.platform)
def test_call_reaches_a_judged_crm_and_keeps_the_agents_edit(
    connected, console, sandbox, settings, monkeypatch, now, crm_class
):
    with running(crm_class, settings, monkeypatch) as crm:
        connected.platform = crm.platform
        connected.crm_hostname = crm.hostname
        connected.save()
        crm_sign_in.in_memory.clear()

        crm.sign_in(console)
        if crm.fields:
            page = console.post("/connections/account/", crm.fields, follow=True)
            assert "Saved." in text_of(page)
        page = console.post("/settings/", FORM, follow=True)
        assert "Settings saved." in text_of(page)
        refresh_directory(connected, now=now)
        connected.refresh_from_db()
        assert connected.directory_failure == ""
        mapping = connected.user_mappings.get(
            platform=crm.platform, extension__extension_number="102"
        )
        if name := crm.mapped_by_hand:
            map_by_hand(mapping, connected.crm_users.get(name=name))
        else:
            assert mapping.crm_user.email == EMAIL

        sandbox.switch(recordingSeconds=60)
        sandbox.make_call(
            "inbound_answered", **{"from": CUSTOMER, "to": "", "extension": "102"}
        )
        sandbox.advance(10)
        read_call_log(connected, now=now)
        call = log_due_call(now)
        assert call.status == CallSession.Status.LOGGED, call.timeline.last().text
        assert crm.record["owner"] == mapping.crm_user.crm_user_id
        assert "media-reader" not in crm.record["text"]
        contact_id = crm.record["contact"]

        crm.edit(EDIT + crm.record["text"])
        sandbox.advance(60)
        later = now + timedelta(minutes=1)
        read_call_log(connected, now=later)
        call = log_due_call(later)

        assert crm.record["text"].startswith(EDIT)
        if crm.is_written_once:
            last = call.timeline.last()
            assert last.step == "NOT_UPDATED"
            assert "lets nobody change a call once it is logged" in last.text
        else:
            assert call.timeline.last().step == "UPDATED"
            assert "media-reader" in crm.record["text"]
        assert crm.record["contact"] == contact_id != "71"
