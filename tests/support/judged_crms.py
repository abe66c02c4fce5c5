"""CRMs with a judged stand-in and a service account, as the whole journey uses them."""

from typing import Any

from tests.support.fakes import (
    dynamics,
    google_sheets,
    highlevel,
    insightly,
    netsuite,
    redtail,
    zendesk,
)
from tests.support.fakes.dynamics_judge import DynamicsJudge
from tests.support.fakes.netsuite_judge import NetSuiteJudge
from tests.support.fakes.server import FakeCrm
from tests.support.fakes.zendesk_judge import zendesk_judge

CUSTOMER = "+14155550101"
EMAIL = "ben.baker@example.com"
"""Of extension 102, so that the CRM's user is mapped to it."""


class SignInByForm:
    fake: FakeCrm
    settings: dict[str, str]
    """The fields of the settings form that are the CRM's own."""
    mapped_by_hand = ""
    """The name of the user who is mapped by hand; empty: matched by e-mail address."""

    @property
    def fields(self) -> dict[str, str]:
        return {f"additional-{const}": value for const, value in self.settings.items()}

    def sign_in(self, console: Any) -> None:
        """Nobody does: the service account is in the form."""


class DynamicsCrm(SignInByForm):
    platform = "dynamics"
    host = hostname = dynamics.FakeDynamics.hostname

    def __init__(self, _: Any) -> None:
        self.fake = dynamics.FakeDynamics()
        self.fake.judges = [DynamicsJudge()]
        self.settings = self.fake.settings
        self.fake.add_person("leads", "Old Iris", telephone1="(415) 555-0101")
        active = {"modifiedon": "2026-01-02T03:04:05Z"}
        self.iris_id = self.fake.add_person(
            "contacts", "Iris Ito", mobilephone="415.555.0101", **active
        )
        ben = self.fake.tables["systemusers"][self.fake.ben]
        ben["internalemailaddress"] = EMAIL

    @property
    def record(self) -> dict[str, str]:
        [call] = self.fake.calls
        assert call["statecode"] == 1
        them, us = call["phonecall_activity_parties"]
        contact = dynamics.bound_id(them["partyid_contact@odata.bind"])
        assert contact == self.iris_id
        owner = dynamics.bound_id(call["ownerid@odata.bind"])
        assert dynamics.bound_id(us["partyid_systemuser@odata.bind"]) == owner
        return {"contact": contact, "owner": owner, "text": call["description"]}

    def edit(self, text: str) -> None:
        self.fake.calls[0]["description"] = text


class GoogleSheetsCrm(SignInByForm):
    platform = "googleSheets"
    host = "sheets.googleapis.com"

    def __init__(self, _: Any) -> None:
        self.fake = google_sheets.FakeSheets()
        self.fake.judges = [google_sheets.sheets_judge(), google_sheets.TokenJudge()]
        self.settings = self.fake.settings
        self.fake.tabs["Contacts"].append(["Iris Ito", "", "(415) 555-0101"])
        self.fake.tabs["Calls"][0].append("Contact ID")
        self.fake.tabs["Users"][2][1] = EMAIL

    @property
    def record(self) -> dict[str, str]:
        [call] = self.fake.calls
        assert call["Contact"] == "Iris Ito"
        return {
            "contact": call["Contact ID"],
            "owner": call["Owner"].partition("(")[2].rstrip(")"),
            "text": call["Details"],
        }

    def edit(self, text: str) -> None:
        titles, row = self.fake.tabs["Calls"]
        row[titles.index("Details")] = text


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


class InsightlyCrm(SignInByForm):
    platform = "insightly"
    hostname = insightly.FakeInsightly.hostname
    host = "api.na1.insightly.com"

    def __init__(self, _: Any) -> None:
        self.fake = insightly.FakeInsightly()
        self.fake.judges = [insightly.insightly_judge()]
        self.settings = self.fake.settings
        self.fake.add("Contacts", FIRST_NAME="Old Iris", PHONE=CUSTOMER)
        active = {"LAST_ACTIVITY_DATE_UTC": "2026-01-02 03:04:05"}
        self.iris = self.fake.add("Leads", FIRST_NAME="Iris", MOBILE=CUSTOMER, **active)
        self.fake.users[1]["EMAIL_ADDRESS"] = EMAIL

    @property
    def event(self) -> dict[str, Any]:
        [event] = self.fake.events.values()
        return event

    @property
    def record(self) -> dict[str, str]:
        [link] = self.event["LINKS"]
        assert link == insightly.link_to("Leads", self.iris["LEAD_ID"])
        return {
            "contact": str(link["LINK_OBJECT_ID"]),
            "owner": str(self.event["OWNER_USER_ID"]),
            "text": self.event["DETAILS"],
        }

    def edit(self, text: str) -> None:
        self.event["DETAILS"] = text


class NetSuiteCrm(SignInByForm):
    platform = "netsuite"
    hostname = netsuite.FakeNetSuite.hostname
    host = netsuite.FakeNetSuite.api

    def __init__(self, _: Any) -> None:
        self.fake = netsuite.FakeNetSuite()
        self.fake.judges = [NetSuiteJudge()]
        self.settings = self.fake.settings
        self.fake.add("contact", entityid="Old Iris", phone="(415) 555-0101")
        active = {"lastmodifieddate": "2026-01-02", "company": self.fake.company}
        self.iris_id = self.fake.add(
            "contact", entityid="Iris Ito", mobilephone="415.555.0101", **active
        )
        self.fake.tables["employee"][self.fake.ben]["email"] = EMAIL

    @property
    def record(self) -> dict[str, str]:
        [call] = self.fake.calls
        assert call["contact"]["id"] == self.iris_id
        return {
            "contact": call["contact"]["id"],
            "owner": call["assigned"]["id"],
            "text": call["message"],
        }

    def edit(self, text: str) -> None:
        self.fake.calls[0]["message"] = text


class RedtailCrm(SignInByForm):
    platform = "redtail"
    hostname = host = redtail.FakeRedtail.hostname
    mapped_by_hand = "Ben Brown"

    def __init__(self, _: Any) -> None:
        self.fake = redtail.FakeRedtail()
        self.fake.judges = [redtail.redtail_judge()]
        self.settings = self.fake.settings
        self.fake.add_contact("Old Iris", CUSTOMER[2:])
        active = {"updated_at": "2026-01-02T03:04:05.000Z"}
        self.iris = self.fake.add_contact("Iris Ito", CUSTOMER[2:], **active)

    @property
    def activity(self) -> dict[str, Any]:
        [activity] = self.fake.activities.values()
        return activity

    @property
    def record(self) -> dict[str, str]:
        [link], [attendee] = (
            self.activity["linked_contacts"],
            self.activity["attendees"],
        )
        assert link == {"contact_id": self.iris["id"]}
        return {
            "contact": str(link["contact_id"]),
            "owner": str(attendee["user_id"]),
            "text": self.activity["description"],
        }

    def edit(self, text: str) -> None:
        self.activity["description"] = text


class ZendeskCrm(SignInByForm):
    platform = "zendesk"
    host = hostname = zendesk.FakeZendesk.hostname

    def __init__(self, _: Any) -> None:
        self.fake = zendesk.FakeZendesk()
        self.fake.judges = [zendesk_judge()]
        self.settings = self.fake.settings
        self.fake.add_user("Old Iris", phone="(415) 555-0101")
        active = {"updated_at": "2026-01-02T03:04:05Z"}
        self.iris = self.fake.add_user("Iris Ito", phone=CUSTOMER, **active)
        self.fake.users[1]["email"] = EMAIL

    @property
    def record(self) -> dict[str, str]:
        """The text is what people have commented, then our newest comment."""
        [ticket] = self.fake.tickets
        assert ticket["requester_id"] == self.iris["id"]
        assert not any(comment["public"] for comment in ticket["comments"])
        texts = [comment["html_body"] for comment in ticket["comments"]]
        ours = [text for text in texts if "Call details" in text]
        theirs = [text for text in texts if text not in ours]
        return {
            "contact": str(ticket["requester_id"]),
            "owner": str(ticket["assignee_id"]),
            "text": "".join([*theirs, ours[-1]]).removeprefix(zendesk.COMMENT),
        }

    def edit(self, text: str) -> None:
        """Comment the ticket: nobody can change a comment."""
        [ticket] = self.fake.tickets
        added = text.removesuffix(self.record["text"])
        self.fake.comment(ticket, added, public=False)


CRMS = (
    DynamicsCrm,
    GoogleSheetsCrm,
    HighLevelCrm,
    InsightlyCrm,
    NetSuiteCrm,
    RedtailCrm,
    ZendeskCrm,
)
