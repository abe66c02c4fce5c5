"""From the settings form to a late recording, with each CRM whose stand-in is judged.

RingCentral is the sandbox; everything runs in the tests' process.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.urls import reverse

from appconnect.calls.intake.sync import read_call_log
from appconnect.calls.models import CallSession
from appconnect.calls.pipeline import process
from appconnect.organizations.connections import connectors, crm_sign_in
from appconnect.organizations.mapping.user_mapping import refresh_directory
from connector.http.session import open_session
from tests.support import judged_crms
from tests.support.fakes import (
    bullhorn,
    clio,
    close,
    hubspot,
    outreach,
    pipedrive,
    salesforce,
    zoho,
)
from tests.support.fakes.openapi_judge import are_required
from tests.support.fakes.outreach_judge import outreach_judges
from tests.support.fakes.salesforce_judge import SalesforceJudge
from tests.support.fakes.server import StandInAdapter
from tests.support.fakes.zoho_judge import zoho_judges
from tests.support.helpers import text_of
from tests.support.judged_crms import CUSTOMER, EMAIL
from tests.support.organization import map_by_hand

HOSTS = (
    *("api.close.com", "api.hubapi.com", "api.outreach.io", "app.clio.com"),
    *("accounts.zoho.com", "www.zohoapis.com"),
    salesforce.FakeSalesforce.hostname,
    *("login.microsoftonline.com", "oauth2.googleapis.com"),
    *(crm.host for crm in judged_crms.CRMS),
)
EDIT = "They want two of them.\n"
FORM = {
    "logging_level": "Account",
    "activity_record_owner": "user",
    "unmapped_owner": "attention",
    "note_sections": ["addCallLogSubject", "addCallLogResult", "addCallLogRecording"],
    "log_date_format": "DD.MM.YYYY HH:mm:ss",
    "crm_duration": "talk",
    "recording_links": "player",
    "no_contact": "skipLogging",
    "several_contacts": "mostRecentActivity",
    "do_not_log_numbers": "",
    "region": "US",
    "time_zone": "America/Los_Angeles",
}


class SignInByOAuth:
    def sign_in(self, console) -> None:
        away = console.get(reverse("console:crm-sign-in"))
        asked = dict(parse_qsl(urlsplit(away["Location"]).query))
        answer = {"state": asked["state"], "code": "a-code"}
        console.get(reverse("console:crm-callback"), answer)


class SignInByForm:
    def sign_in(self, console) -> None:
        """Nobody does: the service account is in the form."""


class PipedriveCrm(SignInByOAuth):
    platform = "pipedrive"
    fields = {"additional-activityType": "meeting"}

    def __init__(self, settings) -> None:
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


class BullhornCrm(SignInByForm):
    platform = "bullhorn"

    def __init__(self, settings) -> None:
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
        self.fields = {
            "additional-apiUsername": self.fake.username,
            "additional-apiPassword": self.fake.password,
            "additional-noteAction": "Inbound Call",
        }
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


class HubSpotCrm(SignInByForm):
    platform = "hubspot"

    def __init__(self, settings) -> None:
        self.fake = hubspot.FakeHubSpot()
        self.fake.judges = hubspot.hubspot_judges() if are_required() else ()
        self.fake.add_contact(firstname="Old Iris", phone="(415) 555-0101")
        self.fake.advance(60)
        self.fake.add_contact(firstname="Iris", lastname="Ito", phone=CUSTOMER)
        self.fake.owners[1]["email"] = EMAIL
        self.fields = {"additional-privateAppToken": self.fake.token}

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


class ClioCrm(SignInByOAuth):
    platform = "clio"
    hostname = "app.clio.com"
    fields: dict[str, str] = {}

    def __init__(self, settings) -> None:
        self.fake = clio.FakeClio(self.hostname)
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


class CloseCrm(SignInByForm):
    platform = "close"

    def __init__(self, settings) -> None:
        self.fake = close.FakeClose()
        self.fake.judges = close.close_judges() if are_required() else ()
        self.fake.add_contact("Old Iris", CUSTOMER)
        self.fake.advance(60)
        self.fake.add_contact("Iris Ito", "+14155550102", CUSTOMER)
        self.fake.members[1]["email"] = EMAIL
        self.fields = {"additional-closeApiKey": self.fake.api_key}

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


class OutreachCrm(SignInByOAuth):
    platform = "outreach"
    fields: dict[str, str] = {}
    is_written_once = True

    def __init__(self, settings) -> None:
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


class ZohoCrm(SignInByForm):
    platform = "zoho"
    hostname = "www.zohoapis.com"

    def __init__(self, settings) -> None:
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
        self.fields = {
            f"additional-{const}": value for const, value in self.fake.settings.items()
        }

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


class SalesforceCrm(SignInByForm):
    platform = "salesforce"
    hostname = salesforce.FakeSalesforce.hostname

    def __init__(self, settings) -> None:
        self.fake = salesforce.FakeSalesforce()
        self.fake.judges = [SalesforceJudge()]
        active = {"LastActivityDate": "2026-02-01"}
        self.fake.add_person("Lead", "Old Iris", Phone="(415) 555-0101")
        self.iris_id = self.fake.add_person(
            "Contact", "Iris Ito", MobilePhone="415.555.0101", **active
        )
        self.fake.records["005B"]["Email"] = EMAIL
        self.fields = {
            "additional-consumerKey": self.fake.client_id,
            "additional-consumerSecret": self.fake.client_secret,
        }

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


@contextmanager
def running(crm_class, settings, monkeypatch) -> Iterator[object]:
    crm = crm_class(settings)
    host = crm.fake.host
    settings.CRM_PRIVATE_HOSTS = [*settings.CRM_PRIVATE_HOSTS, host]

    def open_session_to_stand_in(**options):
        session = open_session(**options)
        for host in HOSTS:
            session.mount(f"https://{host}", StandInAdapter(crm.fake))
        return session

    monkeypatch.setattr(connectors, "open_session", open_session_to_stand_in)
    with crm.fake:
        yield crm
    assert crm.fake.faults == []


@pytest.mark.parametrize(
    "crm_class",
    [
        *(PipedriveCrm, BullhornCrm, HubSpotCrm, ClioCrm, CloseCrm),
        *(OutreachCrm, SalesforceCrm, ZohoCrm, *judged_crms.CRMS),
    ],
)
def test_call_reaches_a_judged_crm_and_keeps_the_agents_edit(
    connected, console, sandbox, settings, monkeypatch, now, crm_class
):
    with running(crm_class, settings, monkeypatch) as crm:
        connected.platform = crm.platform
        connected.crm_hostname = getattr(crm, "hostname", crm.fake.host)
        connected.save()
        crm_sign_in.in_memory.clear()

        crm.sign_in(console)
        if crm.fields:
            page = console.post("/connections/account/", crm.fields, follow=True)
            assert "Saved." in text_of(page)
        page = console.post("/settings/", FORM, follow=True)
        assert "Settings saved." in text_of(page)
        refresh_directory(connected, now=now)
        connected.refresh_from_db()
        assert connected.directory_failure == ""
        mapping = connected.user_mappings.get(
            platform=crm.platform, extension__extension_number="102"
        )
        if name := getattr(crm, "mapped_by_hand", ""):
            map_by_hand(mapping, connected.crm_users.get(name=name))
        else:
            assert mapping.crm_user.email == EMAIL

        sandbox.switch(recordingSeconds=60)
        sandbox.make_call(
            "inbound_answered", **{"from": CUSTOMER, "to": "", "extension": "102"}
        )
        sandbox.advance(10)
        read_call_log(connected, now=now)
        call = work(now)
        assert call.status == CallSession.Status.LOGGED, call.timeline.last().text
        assert crm.record["owner"] == mapping.crm_user.crm_user_id
        assert "media-reader" not in crm.record["text"]
        contact_id = crm.record["contact"]

        crm.edit(EDIT + crm.record["text"])
        sandbox.advance(60)
        later = now + timedelta(minutes=1)
        read_call_log(connected, now=later)
        call = work(later)

        assert crm.record["text"].startswith(EDIT)
        if getattr(crm, "is_written_once", False):
            last = call.timeline.last()
            assert last.step == "NOT_UPDATED"
            assert "lets nobody change a call once it is logged" in last.text
        else:
            assert call.timeline.last().step == "UPDATED"
            assert "media-reader" in crm.record["text"]
        assert crm.record["contact"] == contact_id != "71"


def work(at) -> CallSession:
    """Do what is due for the only call, and return it."""
    call = CallSession.objects.claim(CallSession.objects.get().pk, at)
    assert call, "the call is not due"
    process(call, now=at)
    call.refresh_from_db()
    return call
