"""The facts of a call as the CRM is given them, under the organization's settings."""

import re
from dataclasses import replace
from urllib.parse import quote

from appconnect.organizations.connections.time_zones import zone_of
from appconnect.organizations.models import ServerLoggingSettings
from connector.types import Call

PLAYER = "https://ringcentral.github.io/ringcentral-media-reader/"
TEST_PLAYER = f"{PLAYER}sandbox.html"
"""RingCentral's page for accounts of its developers' environment."""

API = re.compile(r"https?://(?P<host>[^/?#]+)/restapi/")


def crm_facts(
    call_facts: Call,
    settings: ServerLoggingSettings,
    *,
    previous: Call | None = None,
) -> Call:
    """Return the call with its zone, and the duration and links that the settings choose.

    `previous` is the call as the record was last given it, for an update.
    """
    is_talk = settings.crm_duration == settings.CrmDuration.TALK
    zone = zone_of(settings.organization, call_facts.own_party.extension_id)

    def as_given(facts: Call) -> Call:
        talk_seconds = facts.talk_seconds if is_talk else None
        facts = with_links(facts, settings)
        return replace(facts, talk_seconds=talk_seconds, time_zone=zone.key)

    before = None if previous is None else as_given(previous)
    return replace(as_given(call_facts), previous=before)


def with_links(call_facts: Call, settings: ServerLoggingSettings) -> Call:
    """Return the call with the links that the settings choose."""
    if settings.recording_links == settings.RecordingLinks.FILE:
        return call_facts
    return replace(
        call_facts,
        recording_url=player_link(call_facts.recording_url),
        voicemail_url=player_link(call_facts.voicemail_url),
    )


def player_link(url: str) -> str:
    """Return the address of RingCentral's player for an audio file of RingCentral's API.

    Any other address stays: a client sends links that already open in a browser.
    """
    api = API.match(url)
    if api is None:
        return url
    player = TEST_PLAYER if api["host"].endswith(".devtest.ringcentral.com") else PLAYER
    return f"{player}?media={quote(url, safe='')}"
