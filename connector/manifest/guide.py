"""What an admin wants to know of a CRM before choosing it, as its manifest says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self


class Judge(StrEnum):
    """What held the connector to the CRM's interface while it was tested."""

    SERVER = "server"
    """A CRM that was running."""
    DESCRIPTION = "description"
    """Its maker's own description of the interface, such as an OpenAPI file."""
    FIELDS = "fields"
    """Tables of fields that the connector's author copied from documentation."""
    NOTHING = "nothing"
    """Nothing that the author did not write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """The member `guide` of a platform. Texts are plain; one that is missing is empty."""

    needs: str = ""
    """What has to be there first: a right, a token, an app."""
    url: str = ""
    """The page that tells how to get it."""
    record: str = ""
    """What a call becomes, after “A call becomes”."""
    judged_by: Judge = Judge.NOTHING

    @classmethod
    def parse(cls, member: Mapping[str, Any]) -> Self:
        return cls(
            needs=member.get("needs", ""),
            url=member.get("url", ""),
            record=member.get("record", ""),
            judged_by=Judge(member.get("judgedBy", Judge.NOTHING)),
        )


NO_GUIDE = Guide()
