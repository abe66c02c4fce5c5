"""BottleCRM by its document alone, with a real one that its own description judges."""

import json
from datetime import timedelta
from io import BytesIO
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.urls import reverse
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from appconnect.calls.intake.sync import read_call_log
from appconnect.calls.models import CallSession
from appconnect.organizations.connections import connectors
from appconnect.organizations.mapping.user_mapping import refresh_directory
from connector.errors import (
    CredentialsRejected,
    InvalidSettings,
    PermanentError,
    RateLimited,
    TemporaryError,
    UnknownOutcome,
)
from connector.http.session import open_session
from connector.registry import get_connector_class
from connector.testing import HttpConnectorConformance, LiveConformance
from connector.testing.samples import (
    SAMPLE_CONTACT,
    SAMPLE_OWNER,
    SECRET,
    CannedReplies,
    create_call_log,
)
from connector.types import Contact, Credentials
from tests.support.bottlecrm.server import running_bottlecrm
from tests.support.fakes.server import Answer, Request
from tests.support.helpers import text_of
from tests.support.judged_crms import CUSTOMER, EMAIL
from tests.support.judged_crms.journey import EDIT, FORM, log_due_call

Connector = get_connector_class("bottlecrm")
KNOWN_NUMBER = "+14155550123"
SCOPES = (
    *("contacts:read", "contacts:write", "leads:read", "leads:write"),
    *("interactions:read", "interactions:write", "profile:read", "users:read"),
)
LOST = {"detail": "Organization context is required. Please login again."}


class TestBottleCrm(HttpConnectorConformance):
    connector_class = Connector
    credentials = Credentials(
        hostname="crm.example.com",
        server_logging_settings={"personalAccessToken": SECRET},
    )
    contact_reply = {"duplicates": [{"id": "9", "name": "Ada", "phone": ""}]}
    no_contact_reply = {"duplicates": []}
    call_log_reply = {"id": "4711"}
    user_list_reply = {
        "profiles": [
            {"id": "3", "user_details": {"name": "Ann", "email": "ann@example.com"}}
        ]
    }

    def test_the_owner_reaches_the_crm(self, connectors):
        """By name: the token's user is the one who logged it, whatever is sent."""
        connector, transport = connectors((201, self.call_log_reply))

        create_call_log(connector, owner=SAMPLE_OWNER)

        subject = json.loads(transport.last_body)["subject"]
        assert subject == "Inbound Call from Ada Example · Ann Agent"


@pytest.fixture(scope="module")
def bottlecrm():
    with running_bottlecrm() as bottlecrm:
        yield bottlecrm


class JudgingAdapter(BaseAdapter):
    """Sends as another adapter does, and shows each reply to a judge."""

    def __init__(self, adapter, judge):
        super().__init__()
        self.adapter, self.judge = adapter, judge

    def send(self, request, **options):
        reply = self.adapter.send(request, **options)
        self.judge(reply)
        return reply

    def close(self):
        pass


@pytest.fixture
def judged(bottlecrm):
    """Give a function that has a session's requests judged, and their replies.

    Not what BottleCRM itself refused: a test may send anything.
    """
    faults = []

    def judge(reply):
        content = reply.content
        if reply.ok:
            sent, url = reply.request, urlsplit(reply.url)
            headers = {name.lower(): value for name, value in sent.headers.items()}
            query = dict(parse_qsl(url.query))
            body = (sent.body or b"").decode()
            request = Request(sent.method, url.path, query, headers, body)
            answer = Answer(reply.status_code, reply.json(), dict(reply.headers))
            found = bottlecrm.description.faults(request, answer)
            faults.extend(f"{sent.method} {url.path}: {fault}" for fault in found)
        # The connector reads it as it would have come.
        reply.raw = HTTPResponse(BytesIO(content), preload_content=False)
        reply._content, reply._content_consumed = False, False

    def judged(session):
        place = f"http://{bottlecrm.host}/"
        session.mount(place, JudgingAdapter(session.get_adapter(place), judge))
        return session

    yield judged
    assert faults == []


@pytest.fixture
def connect(bottlecrm, judged):
    """Give a function that connects with one of the tokens."""
    opened = []

    def connect(whose="admin"):
        credentials = Credentials(
            hostname=bottlecrm.host,
            server_logging_settings={
                "personalAccessToken": bottlecrm.tokens.get(whose, whose),
                "scheme": "http",
            },
        )
        session = judged(open_session(private_hosts=[bottlecrm.host]))
        opened.append(Connector(credentials, session=session))
        return opened[-1]

    yield connect
    for connector in opened:
        connector.close()


class TestBottleCrmLive(LiveConformance):
    known_number = KNOWN_NUMBER

    @pytest.fixture
    def connector(self, connect):
        return connect()

    @pytest.fixture
    def rejected(self, connect):
        return connect("bcrm_pat_nobodys")

    @pytest.fixture(autouse=True)
    def _remember(self, bottlecrm, connector):
        self.bottlecrm = bottlecrm
        self.logged_to = {}

    def log(self, connector, call, contact, owner):
        log_id = super().log(connector, call, contact, owner)
        self.logged_to[log_id] = contact
        return log_id

    def read(self, log_id):
        contact = self.logged_to[log_id]
        calls = self.bottlecrm.calls_of(**{contact.type.lower(): contact.id})
        return next(call for call in calls if call["id"] == log_id)

    def owner_of(self, connector, log_id):
        name = self.read(log_id)["subject"].partition(" · ")[2]
        return next(u.id for u in connector.get_user_list() if u.name == name)

    def delete(self, connector, log_id):
        self.bottlecrm.ask("DELETE", f"interactions/{log_id}/")

    def test_record_is_a_call_with_its_facts(self, connector, contact, call):
        record = self.read(self.log(connector, call, contact, None))

        assert record["contact"] == contact.id
        assert (record["kind"], record["direction"]) == ("call", "inbound")
        assert record["occurred_at"] == "2026-03-02T10:15:00Z"
        assert (record["duration_seconds"], record["outcome"]) == (65, "connected")
        assert record["subject"] == "Inbound Call from Casey Contact"
        assert record["logged_by_details"]["name"] == "Service Account"

    @pytest.mark.parametrize(
        ("number", "found"),
        [
            ("+14155550124", [("Nan National", "Contact")]),
            ("+14155550125", [("Lee Lead", "Lead")]),
            ("+14155550126", [("Pat Both", "Contact"), ("Pat Both", "Lead")]),
            ("+444155550123", [("Nigel Norwich", "Contact")]),
        ],
    )
    def test_contacts_and_leads_are_found_in_any_spelling(
        self, connector, number, found
    ):
        contacts = connector.find_contact(number)

        assert [(contact.name, contact.type) for contact in contacts] == found

    def test_leads_call_is_updated_and_found_again(self, connector, call, users):
        [lead] = connector.find_contact("+14155550125")
        log_id = self.log(connector, call, lead, users[0])

        connector.update_call_log(
            log_id, call, composed_log_details=f"- Note: kept\n{call.marker}"
        )

        record = self.read_record(connector, log_id, lead)
        assert record.full_body.startswith("- Note: kept")
        assert connector.find_call_logs(call.marker, contact=lead) == [log_id]

    @pytest.mark.parametrize(
        ("number", "has_owner"), [("+14155550187", True), ("+14155550188", False)]
    )
    def test_created_lead_is_found_by_its_number(
        self, connector, users, number, has_owner
    ):
        owner = users[0] if has_owner else None
        created = connector.create_contact(number, name="Unknown caller", owner=owner)

        assert connector.find_contact(number) == [created]
        assert created.type == "Lead"

    def test_people_who_left_are_not_users(self, users):
        assert [user.name for user in users] == [
            "Alice Agent",
            "Ben & “Benny” Baker",
            "Service Account",
        ]


# What an admin reads when something is wrong


def save(connector):
    connector.update_server_logging_settings(
        connector.credentials.server_logging_settings
    )


@pytest.mark.parametrize("scope", SCOPES)
def test_missing_scope_is_named_before_the_settings_are_saved(connect, scope):
    connector = connect(f"without {scope}")

    with pytest.raises(PermanentError) as caught:
        save(connector)

    assert f"It needs the {scope} scope." in caught.value.full_message


def test_user_who_sees_only_their_own_contacts_is_refused(connect):
    with pytest.raises(InvalidSettings, match="lacks the role ADMIN") as caught:
        save(connect("alice"))

    assert caught.value.const == "personalAccessToken"


@pytest.mark.parametrize("token", ["bcrm_pat_revoked", "carol"])
def test_revoked_token_and_deactivated_user_are_named(connect, token):
    with pytest.raises(CredentialsRejected, match="revoked or expired"):
        save(connect(token))


@pytest.mark.parametrize("contact_type", ["Contact", "Lead"])
def test_deleted_contact_is_named(connect, contact_type):
    gone = Contact(id=f"{0:032}", name="Gone", type=contact_type)

    with pytest.raises(PermanentError, match="contact or lead is not there any more"):
        create_call_log(connect(), owner=None, contact=gone)


def test_field_that_bottlecrm_refuses_is_named(connect):
    with pytest.raises(PermanentError) as caught:
        connect().create_contact("12", name="Unknown caller")

    assert "phone: Enter a valid phone number" in caught.value.full_message


def canned(*replies):
    session = open_session()
    session.mount("https://", CannedReplies(*replies))
    return Connector(TestBottleCrm.credentials, session=session)


def test_too_many_searches_wait():
    busy = {"detail": "Request was throttled. Expected available in 42 seconds."}
    connector = canned((429, busy, {"Retry-After": "42"}))

    with pytest.raises(RateLimited) as caught:
        connector.find_contact(KNOWN_NUMBER)

    assert caught.value.retry_after == 42


def test_leads_may_be_switched_off():
    off = {"detail": "Leads is turned off.", "code": "module_off", "module": "leads"}
    connector = canned((200, TestBottleCrm.contact_reply), (404, off))

    assert [found.name for found in connector.find_contact(KNOWN_NUMBER)] == ["Ada"]


def test_html_page_is_neither_nobody_nor_a_record():
    connector = canned((502, "<html>Bad gateway</html>"))

    with pytest.raises(TemporaryError):
        connector.find_contact(KNOWN_NUMBER)
    with pytest.raises(UnknownOutcome):
        create_call_log(connector, owner=None)


def test_call_beyond_the_200_newest_is_not_taken_for_deleted():
    newer = [{"id": str(number), "body": ""} for number in range(200)]
    connector = canned((200, {"interactions": newer, "count": 201}))

    with pytest.raises(PermanentError, match="not among the 200 newest"):
        connector.get_call_log("4711", contact=SAMPLE_CONTACT)


def test_replies_of_the_real_one_are_judged(bottlecrm, connect, monkeypatch):
    judged = []
    monkeypatch.setattr(
        type(bottlecrm.description),
        "faults",
        lambda _description, request, _answer: judged.append(request.path) or [],
    )

    connect().get_user_info()

    assert judged


# From the settings form to a late recording


def test_call_reaches_bottlecrm_and_keeps_the_agents_edit(
    bottlecrm, judged, connected, console, sandbox, settings, monkeypatch, now
):
    settings.CRM_PRIVATE_HOSTS = [*settings.CRM_PRIVATE_HOSTS, bottlecrm.host]
    monkeypatch.setattr(
        connectors, "open_session", lambda **options: judged(open_session(**options))
    )
    connected.platform, connected.crm_hostname = "bottlecrm", bottlecrm.host
    connected.save()

    def save(token):
        account = {
            "additional-scheme": "http",
            "additional-personalAccessToken": bottlecrm.tokens[token],
        }
        address = reverse("console:crm-account")
        return text_of(console.post(address, account, follow=True))

    assert "the token is wrong, revoked or expired" in save("carol")
    assert "Saved. BottleCRM is connected." in save("admin")
    rules = console.post(reverse("console:server-logging-settings"), FORM, follow=True)
    assert "Settings saved." in text_of(rules)
    refresh_directory(connected, now=now)
    mapping = connected.user_mappings.get(
        platform="bottlecrm", extension__extension_number="102"
    )
    assert mapping.crm_user.email == EMAIL

    sandbox.switch(recordingSeconds=60)
    sandbox.make_call(
        "inbound_answered", **{"from": CUSTOMER, "to": "", "extension": "102"}
    )
    sandbox.advance(10)
    read_call_log(connected, now=now)
    call = log_due_call(now)
    assert call.status == CallSession.Status.LOGGED, call.timeline.last().text
    [iris] = bottlecrm.ask("POST", "contacts/duplicates/", json={"phone": CUSTOMER})[
        "duplicates"
    ]
    [record] = bottlecrm.calls_of(contact=iris["id"])
    assert record["subject"].endswith(" · Ben & “Benny” Baker")
    assert "media-reader" not in record["body"]

    edited = {"body": EDIT + record["body"]}
    bottlecrm.ask("PATCH", f"interactions/{record['id']}/", json=edited)
    sandbox.advance(60)
    later = now + timedelta(minutes=1)
    read_call_log(connected, now=later)
    call = log_due_call(later)

    assert call.timeline.last().step == "UPDATED"
    [record] = bottlecrm.calls_of(contact=iris["id"])
    assert record["body"].startswith(EDIT)
    assert "media-reader" in record["body"]
