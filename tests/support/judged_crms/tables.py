"""CRMs that tables of fields from their makers' documentation judge."""

from typing import Any

from tests.support.fakes import (
    bullhorn,
    dynamics,
    google_sheets,
    highlevel,
    insightly,
    netsuite,
    redtail,
    salesforce,
    zendesk,
)
from tests.support.fakes.dynamics_judge import DynamicsJudge
from tests.support.fakes.netsuite_judge import NetSuiteJudge
from tests.support.fakes.salesforce_judge import SalesforceJudge
from tests.support.fakes.zendesk_judge import zendesk_judge
from tests.support.judged_crms.crm import CUSTOMER, EMAIL, JudgedCrm


class BullhornCrm(JudgedCrm):
    platform = "bullhorn"
    choices = {"noteAction": "Inbound Call"}

    def __init__(self, settings: Any) -> None:
        self.fake = bullhorn.FakeBullhorn()
        old, new = (
            bullhorn.person(entity, number, "Iris Ito", mobile=mobile)
            for entity, number, mobile in (
                ("Candidate", 71, "(415) 555-0101"),
                ("Lead", 72, "+14155550101"),
            )
        )
        self.fake.people = [old, new]
        self.fake.users[1]["email"] = EMAIL
        client = ":".join(self.fake.client.values())
        settings.CRM_OAUTH_CLIENTS = {"bullhorn": client}

    @property
    def record(self) -> dict[str, str]:
        [note] = self.fake.notes.values()
        return {
            "contact": str(note["personReference"]["id"]),
            "owner": str(note["commentingPerson"]["id"]),
            "text": note["comments"],
        }

    def edit(self, text: str) -> None:
        [note] = self.fake.notes.values()
        note["comments"] = text


class DynamicsCrm(JudgedCrm):
    platform = "dynamics"

    def __init__(self, settings: Any) -> None:
        self.fake = dynamics.FakeDynamics()
        self.fake.judges = [DynamicsJudge()]
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


class GoogleSheetsCrm(JudgedCrm):
    platform = "googleSheets"

    def __init__(self, settings: Any) -> None:
        self.fake = google_sheets.FakeSheets()
        self.fake.judges = [google_sheets.sheets_judge(), google_sheets.TokenJudge()]
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


class HighLevelCrm(JudgedCrm):
    platform = "highlevel"

    def __init__(self, settings: Any) -> None:
        self.fake = highlevel.FakeHighLevel()
        self.fake.judges = [highlevel.highlevel_judge()]
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


class InsightlyCrm(JudgedCrm):
    platform = "insightly"

    def __init__(self, settings: Any) -> None:
        self.fake = insightly.FakeInsightly()
        self.fake.judges = [insightly.insightly_judge()]
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


class NetSuiteCrm(JudgedCrm):
    platform = "netsuite"

    def __init__(self, settings: Any) -> None:
        self.fake = netsuite.FakeNetSuite()
        self.fake.judges = [NetSuiteJudge()]
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


class RedtailCrm(JudgedCrm):
    platform = "redtail"
    mapped_by_hand = "Ben Brown"

    def __init__(self, settings: Any) -> None:
        self.fake = redtail.FakeRedtail()
        self.fake.judges = [redtail.redtail_judge()]
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


class SalesforceCrm(JudgedCrm):
    platform = "salesforce"

    def __init__(self, settings: Any) -> None:
        self.fake = salesforce.FakeSalesforce()
        self.fake.judges = [SalesforceJudge()]
        active = {"LastActivityDate": "2026-02-01"}
        self.fake.add_person("Lead", "Old Iris", Phone="(415) 555-0101")
        self.iris_id = self.fake.add_person(
            "Contact", "Iris Ito", MobilePhone="415.555.0101", **active
        )
        self.fake.records["005B"]["Email"] = EMAIL

    @property
    def record(self) -> dict[str, str]:
        [task] = self.fake.tasks
        assert task["WhoId"] == self.iris_id
        return {
            "contact": task["WhoId"],
            "owner": task["OwnerId"],
            "text": task["Description"].replace("\r\n", "\n"),
        }

    def edit(self, text: str) -> None:
        self.fake.tasks[0]["Description"] = text.replace("\n", "\r\n")


class ZendeskCrm(JudgedCrm):
    platform = "zendesk"

    def __init__(self, settings: Any) -> None:
        self.fake = zendesk.FakeZendesk()
        self.fake.judges = [zendesk_judge()]
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
