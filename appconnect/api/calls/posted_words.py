"""What a client posts for a record's text, beside the facts of the call."""

from collections.abc import Iterator, Mapping
from typing import Any

from rest_framework.exceptions import ParseError

from appconnect.api.calls.posted import text_of
from appconnect.organizations.models import NoteSection

SECTIONS = {
    "aiNote": NoteSection.AI_NOTE,
    "transcript": NoteSection.TRANSCRIPT,
    "ringSenseTranscript": NoteSection.ACE_TRANSCRIPT,
    "ringSenseSummary": NoteSection.ACE_SUMMARY,
    "ringSenseAIScore": NoteSection.ACE_SCORE,
    "ringSenseBulletedSummary": NoteSection.ACE_BULLETED_SUMMARY,
    "ringSenseLink": NoteSection.ACE_LINK,
}
MAX_CHARACTERS = 500_000
MAX_LEGS = 200


def parse_words(
    body: Mapping[str, Any], *, subject: str, legs: object
) -> dict[str, str]:
    """Return what the client tells, by section of the text; empty values tell nothing.

    Raises `ParseError`, which names the member.
    """
    words = {section: words_of(body, name) for name, section in SECTIONS.items()}
    words[NoteSection.SUBJECT] = subject
    words[NoteSection.LEGS] = journey(legs) if isinstance(legs, list) else ""
    return {str(section): text for section, text in words.items() if text}


def words_of(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    text = str(value) if isinstance(value, float) else text_of(body, name)
    if len(text) > MAX_CHARACTERS:
        raise ParseError(f"{name} is longer than {MAX_CHARACTERS} characters.")
    return text


def journey(legs: list) -> str:
    """Return from whom to whom the call went, a line for each leg."""
    readable = [leg for leg in legs if isinstance(leg, dict)]
    return "\n".join(stations(readable[:MAX_LEGS]))


def stations(legs: list[Mapping[str, Any]]) -> Iterator[str]:
    for number, leg in enumerate(legs):
        is_outbound = leg.get("direction") == "Outbound"
        if number == 0:
            said = "Made call from" if is_outbound else "Received call at"
            is_from = is_outbound
        else:
            said = "Transferred to"
            is_from = is_outbound and leg.get("legType") != "PstnToSip"
        where = station(leg.get("from" if is_from else "to"))
        seconds = leg.get("duration")
        lasted = ""
        if number and isinstance(seconds, int):
            lasted = f", duration: {seconds} second{'s' if seconds > 1 else ''}"
        if where:
            yield f"{said} {where}{lasted}"


def station(party: object) -> str:
    """Return a party's name and number, as far as they are known."""
    party = party if isinstance(party, dict) else {}
    extension = text_of(party, "extensionNumber")
    known = (
        text_of(party, "name"),
        text_of(party, "phoneNumber"),
        extension and f"ext {extension}",
    )
    return ", ".join(filter(None, known))
