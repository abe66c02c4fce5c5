"""CRMs with a judged stand-in and a service account, as the whole journey uses them."""

from typing import Any

from tests.support.fakes import highlevel
from tests.support.fakes.server import FakeCrm

CUSTOMER = "+14155550101"
EMAIL = "ben.baker@example.com"
"""Of extension 102, so that the CRM's user is mapped to it."""


class SignInByForm:
    fake: FakeCrm
    settings: dict[str, str]
    """The fields of the settings form that are the CRM's own."""

    @property
    def fields(self) -> dict[str, str]:
        return {f"additional-{const}": value for const, value in self.settings.items()}

    def sign_in(self, console: Any) -> None:
        """Nobody does: the service account is in the form."""


class HighLevelCrm(SignInByForm):
    platform = "highlevel"
    host = "services.leadconnectorhq.com"

    def __init__(self, _: Any) -> None:
        self.fake = highlevel.FakeHighLevel()
        self.fake.judges = [highlevel.highlevel_judge()]
        self.settings = self.fake.settings
        self.fake.add_contact("Old Iris", CUSTOMER)
        active = {"dateUpdated": "2026-01-02T03:04:05.678Z"}
        self.fake.add_contact("Iris Ito", CUSTOMER, **active)
        self.fake.users[1]["email"] = EMAIL

    @property
    def note(self) -> dict[str, str]:
        [note] = self.fake.notes.values()
        return note

    @property
    def record(self) -> dict[str, str]:
        contact = self.fake.contacts[self.note["contactId"]]
        assert contact["firstName"] == "Iris"
        return {
            "contact": contact["id"],
            "owner": self.note["userId"],
            "text": self.note["body"],
        }

    def edit(self, text: str) -> None:
        self.note["body"] = text


CRMS = (HighLevelCrm,)
