"""Country and time zone, and the preview on the settings page."""

import re
from dataclasses import replace
from html import unescape

import pytest

from appconnect.console.settings.note_preview import SAMPLE_CALLS, SAMPLE_CONTACT
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.models import NoteSection
from connector.crms.sandbox import Sandbox
from tests.appconnect.console.settings.test_server_logging_settings import GOOD
from tests.support.helpers import text_of

PATH = "/settings/"


def test_saving_says_from_when_it_counts(console, connected):
    page = text_of(console.post(PATH, GOOD, follow=True))

    assert re.search(r"calls that end after \d+:\d\d:\d\d [AP]M P[DS]T\.", page)


def test_country_and_time_zone_are_chosen_and_noted(console, connected):
    console.post(PATH, GOOD | {"region": "DE", "time_zone": "Europe/Berlin"})

    connected.refresh_from_db()
    assert (connected.region, connected.time_zone) == ("DE", "Europe/Berlin")
    changed = {c["field"]: c for c in connected.audit_entries.first().changes}
    assert (changed["region"]["before"], changed["region"]["after"]) == ("US", "DE")
    assert "Germany (+49)" in text_of(console.get(PATH))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"region": ""}, "Default country: Select your country."),
        ({"region": "ZZ"}, "Default country: Select a valid choice."),
        ({"time_zone": "Mars/Base"}, "Time zone: Select a valid choice."),
    ],
)
def test_a_place_that_there_is_not_is_refused(console, connected, changes, said):
    assert said in text_of(console.post(PATH, GOOD | changes))

    connected.refresh_from_db()
    assert connected.region == "US"


def test_descriptions_of_the_controls_are_on_the_page(console, connected):
    page = console.get(PATH).content.decode()

    for described in re.findall(r'aria-describedby="([^"]+)"', page):
        for part in described.split():
            assert f'id="{part}"' in page


def preview(console, **choices) -> str:
    page = console.post("/settings/preview/", GOOD | choices)
    return unescape(page.content.decode())


@pytest.mark.parametrize("sample", SAMPLE_CALLS)
def test_preview_of_unsaved_settings_equals_text_written_later(
    console, connected, make_call, log, sandbox, now, monkeypatch, sample
):
    choices = {"note_sections": NoteSection.values, "time_zone": "Asia/Kathmandu"}
    shown = preview(console, sample_call=sample, **choices)
    assert get_settings(connected).note_sections != NoteSection.values

    console.post(PATH, GOOD | choices)
    contact = replace(SAMPLE_CONTACT, id="c1")
    monkeypatch.setattr(Sandbox, "find_contact", lambda *_: [contact])
    call_session = make_call()
    _label, call = SAMPLE_CALLS[sample]
    call_session.take_record(call, type="Voice", extension_id=call_session.extension_id)
    call_session.save_record()
    log(call_session, at=now)

    [record] = sandbox.call_logs()
    assert "+0545" in record["note"]
    assert record["note"] in shown


def test_the_preview_writes_nothing_and_survives_nonsense(console, connected):
    before = get_settings(connected).note_sections

    assert "records will have no text" in preview(console, note_sections=[])
    assert "Result" in preview(
        console, sample_call="x", log_date_format="x", time_zone="x", region=""
    )

    assert get_settings(connected).note_sections == before
    assert not connected.audit_entries.exists()


def test_a_country_that_ringcentral_did_not_tell_is_not_guessed(console, connected):
    connected.region = ""
    connected.save()

    shown = text_of(console.get(PATH))

    assert "RingCentral didn't report your country" in shown
    assert "Select your country" in shown
    page = text_of(console.post(PATH, GOOD | {"region": ""}))
    assert "Default country: Select your country." in page
