"""Country and time zone, and the preview on the settings page."""

import re
from dataclasses import replace
from html import unescape

import pytest

from appconnect.console.settings.note_preview import SAMPLE_CALLS, SAMPLE_CONTACT
from appconnect.console.settings.settings_forms import SettingsForms
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.models import NoteSection
from connector.crms.sandbox import Sandbox
from tests.appconnect.console.settings.test_server_logging_settings import GOOD
from tests.support.helpers import text_of

PATH = "/settings/"


def test_saving_says_from_when_it_counts(console, connected):
    page = text_of(console.post(PATH, GOOD, follow=True))

    assert re.search(r"calls that end after \d\d:\d\d:\d\d P[DS]T\.", page)


def test_country_and_time_zone_are_chosen_and_noted(console, connected):
    console.post(PATH, GOOD | {"region": "DE", "time_zone": "Europe/Berlin"})

    connected.refresh_from_db()
    assert (connected.region, connected.time_zone) == ("DE", "Europe/Berlin")
    changed = {c["field"]: c for c in connected.audit_entries.first().changes}
    assert (changed["region"]["before"], changed["region"]["after"]) == ("US", "DE")
    assert "Germany (+49)" in text_of(console.get(PATH))


def test_numbers_are_read_as_of_the_country_chosen_with_them(console, connected):
    there = {"region": "DE", "do_not_log_numbers": "030 23125000"}

    console.post(PATH, GOOD | there)

    assert "+493023125000" in console.get(PATH).content.decode()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"region": ""}, "Country of national numbers: This field is required."),
        ({"region": "ZZ"}, "Country of national numbers: Select a valid choice."),
        ({"time_zone": "Mars/Base"}, "Time zone: Select a valid choice."),
    ],
)
def test_a_place_that_there_is_not_is_refused(console, connected, changes, said):
    assert said in text_of(console.post(PATH, GOOD | changes))

    connected.refresh_from_db()
    assert connected.region == "US"


def test_each_control_explains_its_effect(console, connected):
    """Every control of ours has its consequence, and is described by it."""
    page = console.get(PATH).content.decode()

    forms = SettingsForms(connected)
    for field in (*forms.rules, *forms.locality):
        assert field.help_text.endswith("."), field.name
        assert f'id="{field.auto_id}_helptext"' in page
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
    log(call_session, at=now)

    [record] = sandbox.call_logs()
    assert "+0545" in record["note"]
    assert record["note"] in shown


def test_the_preview_writes_nothing_and_survives_nonsense(console, connected):
    before = get_settings(connected).note_sections

    assert "no text" in preview(console, note_sections=[])
    assert "Result" in preview(
        console, sample_call="x", log_date_format="x", time_zone="x", region=""
    )

    assert get_settings(connected).note_sections == before
    assert not connected.audit_entries.exists()


def test_a_country_that_ringcentral_did_not_tell_is_not_guessed(console, connected):
    connected.region = ""
    connected.save()

    assert "Choose your country" in text_of(console.get(PATH))
    page = console.post(PATH, GOOD | {"region": "", "do_not_log_numbers": "4155550101"})

    assert "4155550101: not a complete phone number." in text_of(page)
    assert not connected.do_not_log_numbers.exists()
