"""What a client sends for a record's text, beside the facts of the call."""

from collections.abc import Iterator, Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field

from appconnect.api.base.fields import RequestSerializer, TextField, text_of
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


@extend_schema_field({"type": ["string", "number"]})
class SectionField(TextField):
    kind = (str, int, float)


class Sections(RequestSerializer):
    def get_fields(self):
        sections = {
            name: SectionField(max_characters=MAX_CHARACTERS) for name in SECTIONS
        }
        return super().get_fields() | sections


def text_sections(
    payload: Mapping[str, Any], *, subject: str, legs: list | None
) -> dict[str, str]:
    """Return the texts of a client, by section of the record's text, without empty ones."""
    texts = {section: payload[name] for name, section in SECTIONS.items()}
    texts[NoteSection.SUBJECT] = " ".join(subject.split())
    texts[NoteSection.LEGS] = journey(legs or [])
    return {str(section): text for section, text in texts.items() if text}


def journey(legs: list) -> str:
    """Return from whom to whom the call went, a line for each leg."""
    readable = [leg for leg in legs if isinstance(leg, dict)]
    return "\n".join(stations(readable[:MAX_LEGS]))


def stations(legs: list[Mapping[str, Any]]) -> Iterator[str]:
    for number, leg in enumerate(legs):
        is_outbound = leg.get("direction") == "Outbound"
        if number == 0:
            action = "Made call from" if is_outbound else "Received call at"
            is_from = is_outbound
        else:
            action = "Transferred to"
            is_from = is_outbound and leg.get("legType") != "PstnToSip"
        party = station(leg.get("from" if is_from else "to"))
        seconds = leg.get("duration")
        duration = ""
        if number and isinstance(seconds, int):
            duration = f", duration: {seconds} second{'s' if seconds > 1 else ''}"
        if party:
            yield f"{action} {party}{duration}"


def station(party: object) -> str:
    """Return a party's name and number, as far as the client gave them."""
    party = party if isinstance(party, dict) else {}
    extension = text_of(party, "extensionNumber")
    texts = (
        text_of(party, "name"),
        text_of(party, "phoneNumber"),
        extension and f"ext {extension}",
    )
    return ", ".join(filter(None, texts))
