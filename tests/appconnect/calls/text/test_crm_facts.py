from dataclasses import replace
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from appconnect.calls.text.compose import our_part
from appconnect.calls.text.crm_facts import crm_facts
from appconnect.console.settings.note_preview import SAMPLE_CALL
from appconnect.organizations.models import ServerLoggingSettings
from connector.types import LogFormatType

Links = ServerLoggingSettings.RecordingLinks
API = "https://media.ringcentral.com/restapi/v1.0/account/1"
PLAYER = "https://ringcentral.github.io/ringcentral-media-reader/"
CALL = replace(
    SAMPLE_CALL,
    recording_url=f"{API}/recording/2/content",
    voicemail_url=f"{API}/extension/3/message-store/4/content/4",
)


@pytest.fixture
def settings(organization) -> ServerLoggingSettings:
    return ServerLoggingSettings(organization=organization)


def test_links_open_in_ringcentrals_player(settings):
    facts = crm_facts(CALL, settings)

    for link, file in (
        (facts.recording_url, CALL.recording_url),
        (facts.voicemail_url, CALL.voicemail_url),
    ):
        assert link.startswith(f"{PLAYER}?media=https%3A%2F%2F")
        assert parse_qs(urlsplit(link).query) == {"media": [file]}


@pytest.mark.parametrize(
    "log_format", [LogFormatType.PLAIN_TEXT, LogFormatType.HTML, LogFormatType.MARKDOWN]
)
def test_text_has_the_same_links_as_the_fields(settings, log_format):
    facts = crm_facts(CALL, settings)

    text = our_part(CALL, "Ada", settings, log_format) or ""

    assert facts.recording_url in text
    assert facts.voicemail_url in text
    assert API not in text


def test_admin_can_choose_the_files_own_address(settings):
    settings.recording_links = Links.FILE

    facts = crm_facts(CALL, settings)

    assert facts.recording_url == CALL.recording_url
    assert facts.voicemail_url == CALL.voicemail_url
    assert API in (our_part(CALL, "Ada", settings, LogFormatType.PLAIN_TEXT) or "")


def test_developer_accounts_have_a_player_of_their_own(settings):
    url = "https://media.devtest.ringcentral.com/restapi/v1.0/account/1/recording/2"

    facts = crm_facts(replace(CALL, recording_url=url), settings)

    assert facts.recording_url.startswith(f"{PLAYER}sandbox.html?media=https%3A")


@pytest.mark.parametrize(
    "link",
    [
        "",
        f"{PLAYER}?media=https%3A%2F%2Fmedia.example.com%2Frestapi%2F1",
        "https://recordings.example.com/1",
        "https://recordings.example.com/1?of=/restapi/",
        "https://[1",
    ],
)
def test_links_that_a_client_sends_stay(settings, link):
    facts = crm_facts(replace(CALL, recording_url=link, voicemail_url=link), settings)

    assert (facts.recording_url, facts.voicemail_url) == (link, link)


@pytest.mark.parametrize(
    ("zone", "started_at", "day"),
    [
        ("America/Los_Angeles", "2026-03-10T01:30:00+00:00", "2026-03-09"),
        ("Pacific/Auckland", "2026-03-09T20:00:00+00:00", "2026-03-10"),
    ],
)
def test_day_is_that_of_the_person_on_the_call(
    settings, organization, zone, started_at, day
):
    organization.extensions.filter(extension_id="800100101").update(time_zone=zone)
    callee = replace(CALL.callee, extension_id="800100101")
    started = datetime.fromisoformat(started_at)

    facts = crm_facts(replace(CALL, callee=callee, started_at=started), settings)

    assert facts.local_start.date().isoformat() == day
