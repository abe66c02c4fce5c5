"""CRMs that their makers' own descriptions judge."""

from typing import Any

from tests.support.fakes import clio, close, hubspot, outreach, pipedrive, zoho
from tests.support.fakes.openapi_judge import are_required
from tests.support.fakes.outreach_judge import outreach_judges
from tests.support.fakes.zoho_judge import zoho_judges
from tests.support.judged_crms.crm import CUSTOMER, EMAIL, JudgedCrm, OAuthCrm


class PipedriveCrm(OAuthCrm):
    platform = "pipedrive"
    choices = {"activityType": "meeting"}

    def __init__(self, settings: Any) -> None:
        self.fake = pipedrive.FakePipedrive()
        self.fake.judges = pipedrive.pipedrive_judges() if are_required() else ()
        self.fake.persons = [
            pipedrive.person(71, "Old Iris", "(415) 555-0101", age=3),
            pipedrive.person(72, "Iris Ito", "+1 415-555-0101", org_id=7),
        ]
        self.fake.users[1]["email"] = EMAIL
        self.fake.codes = {"a-code": f"{settings.PUBLIC_URL}/crm/callback/"}
        client = f"{self.fake.client_id}:{self.fake.client_secret}"
        settings.CRM_OAUTH_CLIENTS = {"pipedrive": client}

    @property
    def record(self) -> dict[str, str]:
        [activity] = self.fake.activities.values()
        return {
            "contact": str(activity["person_id"]),
            "owner": str(activity["owner_id"]),
            "text": activity["note"],
        }

    def edit(self, text: str) -> None:
        [activity] = self.fake.activities.values()
        activity["note"] = text


class HubSpotCrm(JudgedCrm):
    platform = "hubspot"

    def __init__(self, settings: Any) -> None:
        self.fake = hubspot.FakeHubSpot()
        self.fake.judges = hubspot.hubspot_judges() if are_required() else ()
        self.fake.add_contact(firstname="Old Iris", phone="(415) 555-0101")
        self.fake.advance(60)
        self.fake.add_contact(firstname="Iris", lastname="Ito", phone=CUSTOMER)
        self.fake.owners[1]["email"] = EMAIL

    @property
    def record(self) -> dict[str, str]:
        [call] = self.fake.calls.values()
        return {
            "contact": call["contact"],
            "owner": call["properties"]["hubspot_owner_id"],
            "text": call["properties"]["hs_call_body"],
        }

    def edit(self, text: str) -> None:
        [call] = self.fake.calls.values()
        call["properties"]["hs_call_body"] = text


class ClioCrm(OAuthCrm):
    platform = "clio"

    def __init__(self, settings: Any) -> None:
        self.fake = clio.FakeClio()
        judges = (*clio.clio_judges(), clio.TokenJudge()) if are_required() else ()
        self.fake.judges = judges
        old = self.fake.add_contact("Old Iris", "(415) 555-0101")
        old["updated_at"] = "2020-06-07T08:09:10-07:00"
        new = self.fake.add_contact("Iris Ito", CUSTOMER)
        self.matter_id = self.fake.add_matter(new)
        self.fake.users[1]["email"] = EMAIL
        client = f"{self.fake.client_id}:{self.fake.client_secret}"
        settings.CRM_OAUTH_CLIENTS = {"clio": client}

    @property
    def record(self) -> dict[str, str]:
        [call] = self.fake.communications
        assert call["matter"] == {"id": self.matter_id}
        [contact], [user] = call["senders"], call["receivers"]
        return {
            "contact": str(contact["id"]),
            "owner": str(user["id"]),
            "text": call["body"],
        }

    def edit(self, text: str) -> None:
        self.fake.communications[0]["body"] = text


class CloseCrm(JudgedCrm):
    platform = "close"

    def __init__(self, settings: Any) -> None:
        self.fake = close.FakeClose()
        self.fake.judges = close.close_judges() if are_required() else ()
        self.fake.add_contact("Old Iris", CUSTOMER)
        self.fake.advance(60)
        self.fake.add_contact("Iris Ito", "+14155550102", CUSTOMER)
        self.fake.members[1]["email"] = EMAIL

    @property
    def record(self) -> dict[str, str]:
        [call] = self.fake.calls
        assert call["contact_id"] == self.fake.contacts[-1]["id"]
        return {
            "contact": call["contact_id"],
            "owner": call["user_id"],
            "text": call["note_html"].removeprefix("<body>"),
        }

    def edit(self, text: str) -> None:
        self.fake.calls[0]["note_html"] = f"<body>{text}"


class OutreachCrm(OAuthCrm):
    platform = "outreach"
    is_written_once = True

    def __init__(self, settings: Any) -> None:
        self.fake = outreach.FakeOutreach()
        self.fake.judges = outreach_judges() if are_required() else ()
        self.fake.add_prospect("Old Iris", workPhones=["(415) 555-0101"])
        active = {"touchedAt": "2026-01-02T03:04:05Z"}
        self.fake.add_prospect("Iris Ito", mobilePhones=[CUSTOMER], **active)
        self.fake.users[1]["attributes"]["email"] = EMAIL
        client = f"{self.fake.client_id}:{self.fake.client_secret}"
        settings.CRM_OAUTH_CLIENTS = {"outreach": client}

    @property
    def record(self) -> dict[str, str]:
        [call] = self.fake.calls
        related = call["relationships"]
        assert outreach.prospect_of(call) == self.fake.prospects[-1]["id"]
        return {
            "contact": str(outreach.prospect_of(call)),
            "owner": str(related["user"]["data"]["id"]),
            "text": call["attributes"]["note"],
        }

    def edit(self, text: str) -> None:
        self.fake.calls[0]["attributes"]["note"] = text


class ZohoCrm(JudgedCrm):
    platform = "zoho"

    def __init__(self, settings: Any) -> None:
        self.fake = zoho.FakeZoho()
        self.fake.judges = zoho_judges() if are_required() else ()
        self.fake.add("Contacts", Full_Name="Old Iris", Phone="(415) 555-0101")
        self.lead = self.fake.add(
            "Leads",
            Full_Name="Iris Ito",
            Mobile=CUSTOMER,
            Last_Activity_Time="2026-01-02T03:04:05-08:00",
        )
        self.fake.users[1]["email"] = EMAIL

    @property
    def record(self) -> dict[str, str]:
        [call] = self.fake.calls
        assert call["What_Id"] == {"id": self.lead["id"]}
        return {
            "contact": call["What_Id"]["id"],
            "owner": call["Owner"]["id"],
            "text": call["Description"],
        }

    def edit(self, text: str) -> None:
        self.fake.calls[0]["Description"] = text
