"""The Odoo connector with a real Odoo 19, over both of its APIs, with and without crm_phonecall."""

import random
from collections import defaultdict
from dataclasses import replace

import pytest
import requests

from connector.crms.odoo import ACTIVITY, PHONE_CALL, Odoo
from connector.errors import CredentialsRejected, InvalidSettings, PermanentError
from connector.http.exchange import counted_by
from connector.http.session import open_session
from connector.testing import LiveConformance
from connector.types import Contact, Credentials, CrmUser, SignInKeeper
from tests.support.odoo.server import WITH_PHONE_CALLS, WITHOUT, running_odoo

DETAILS = "- Summary: first words\n- Result: Accepted\n"
LATER = "- Summary: last words\n- Result: Accepted\n"


class OdooOverJsonRpc(Odoo):
    """Takes an Odoo 19 for an older one."""

    def has_json_2(self) -> bool:
        return False


@pytest.fixture(scope="module")
def odoo():
    with running_odoo() as odoo:
        yield odoo


class Place:
    """One of the server's databases, over one of its APIs."""

    def __init__(self, odoo, database, connector_class):
        self.odoo = odoo
        self.database = database
        self.connector_class = connector_class
        self.opened = []

    @property
    def model(self):
        return PHONE_CALL if self.database == WITH_PHONE_CALLS else ACTIVITY

    def connect(self, *, key=None, access_token="", sign_in_keeper=None, **settings):
        host = self.odoo.host(self.database)
        values = {"login": "alice", "database": self.database} | settings
        values["apiKey"] = key or self.odoo.keys["alice"]
        credentials = Credentials(
            hostname=host,
            access_token=access_token,
            server_logging_settings={} if access_token else values,
        )
        session = open_session(private_hosts=[host])
        self.opened.append(
            self.connector_class(
                credentials, session=session, sign_in_keeper=sign_in_keeper
            )
        )
        return self.opened[-1]

    def ask(self, model, method, *, login="admin", **arguments):
        """Send a request to Odoo without the connector, as one of its users."""
        url = f"http://{self.odoo.host(self.database)}/json/2/{model}/{method}"
        headers = {"Authorization": f"bearer {self.odoo.keys[login]}"}
        with requests.post(url, json=arguments, headers=headers, timeout=20) as reply:
            assert reply.ok, reply.text
            return reply.json()

    def read(self, log_id, *fields):
        model, _, number = log_id.rpartition("/")
        [record] = self.ask(model, "read", ids=[int(number)], fields=list(fields))
        return record

    def write(self, log_id, *, login="admin", **values):
        model, _, number = log_id.rpartition("/")
        options = {"vals": values, "specification": {}, "login": login}
        self.ask(model, "web_save", ids=[int(number)], **options)

    def history(self, contact, *, login="admin"):
        about = [["model", "=", "res.partner"], ["res_id", "=", int(contact.id)]]
        fields = ["body", "message_type"]
        options = {"domain": about, "fields": fields, "login": login}
        return self.ask("mail.message", "search_read", **options)


WITH_ADD_ON = {
    "phone-call": (WITH_PHONE_CALLS, Odoo),
    "phone-call-rpc": (WITH_PHONE_CALLS, OdooOverJsonRpc),
}
CORE_ONLY = {
    "activity": (WITHOUT, Odoo),
    "activity-rpc": (WITHOUT, OdooOverJsonRpc),
}
EVERYWHERE = WITH_ADD_ON | CORE_ONLY


def only(places):
    return pytest.mark.parametrize(
        "place", places.values(), ids=places.keys(), indirect=True
    )


@pytest.fixture(params=EVERYWHERE.values(), ids=EVERYWHERE.keys())
def place(odoo, request):
    place = Place(odoo, *request.param)
    yield place
    for connector in place.opened:
        connector.close()


@pytest.fixture(scope="module")
def keepers():
    """What has signed in where, so that not every test signs in anew."""
    return defaultdict(SignInKeeper)


class TestOdooLive(LiveConformance):
    known_number = "+14155550123"

    @pytest.fixture
    def connector(self, place, keepers):
        keeper = keepers[place.database, place.connector_class]
        return place.connect(sign_in_keeper=keeper)

    @pytest.fixture
    def rejected(self, place):
        return place.connect(key="0" * 40)

    @pytest.fixture(autouse=True)
    def _remember(self, place):
        self.place = place

    def owner_of(self, connector, log_id):
        return str(self.place.read(log_id, "user_id")["user_id"][0])

    def delete(self, connector, log_id):
        model, _, number = log_id.rpartition("/")
        self.place.ask(model, "unlink", ids=[int(number)])

    @pytest.fixture
    def log_id(self, connector, contact, call):
        return connector.create_call_log(
            call, contact=contact, owner=None, composed_log_details=DETAILS
        )

    def test_add_on_decides_the_record_type(self, place, log_id):
        assert log_id.startswith(f"{place.model}/")

    def test_record_has_the_facts_of_the_call(self, place, log_id, contact):
        if place.model == PHONE_CALL:
            fields = ("partner_id", "state", "direction", "date", "duration", "name")
            record = place.read(log_id, *fields)
            assert record["partner_id"][0] == int(contact.id)
            assert (record["state"], record["direction"]) == ("done", "in")
            assert record["date"] == "2026-03-02 10:15:00"
            assert record["duration"] == pytest.approx(65 / 60, abs=0.001)
            assert record["name"] == f"Inbound Call from {contact.name}"
        else:
            fields = ("res_model", "res_id", "state", "date_deadline", "summary")
            record = place.read(log_id, *fields, "activity_type_id")
            assert record["res_model"] == "res.partner"
            assert record["res_id"] == int(contact.id)
            assert (record["state"], record["date_deadline"]) == ("done", "2026-03-02")
            assert record["activity_type_id"][1] == "Call"
            assert record["summary"] == f"Inbound Call from {contact.name}"

    @only(WITH_ADD_ON)
    def test_update_sets_duration_and_keeps_manual_changes(
        self, place, connector, log_id, call
    ):
        place.write(log_id, state="pending")
        longer = replace(call, duration_seconds=600)

        connector.update_call_log(log_id, longer, composed_log_details=LATER)

        record = place.read(log_id, "duration", "state")
        assert record["duration"] == pytest.approx(10)
        assert record["state"] == "pending"

    @only(WITH_ADD_ON)
    def test_update_without_duration_sets_zero(self, place, connector, log_id, call):
        missed = replace(call, duration_seconds=0)

        connector.update_call_log(log_id, missed, composed_log_details=LATER)

        assert place.read(log_id, "duration")["duration"] == 0

    def test_unknown_owner_is_a_permanent_error(self, connector, contact, call, place):
        nobody = CrmUser(id="99999", name="Nobody")

        with pytest.raises(PermanentError):
            self.log(connector, call, contact, nobody)

        assert connector.find_call_logs(call.marker, contact=contact) == []

    def test_unknown_contact_is_a_permanent_error(self, connector, call):
        with pytest.raises(PermanentError):
            self.log(connector, call, Contact(id="99999", name="Nobody"), None)

    def test_number_is_found_in_any_spelling(self, connector):
        [national] = connector.find_contact("+14155550124")

        assert national.name == "Nan National"

    def test_number_in_another_format_is_found(self, connector):
        [national] = connector.find_contact("4155550124")

        assert national.name == "Nan National"

    def test_extension_number_has_no_contact(self, connector):
        assert connector.find_contact("10") == []

    def test_number_is_found_without_computed_fields(self, connector):
        signed_in = {**connector.signed_in, "phone_fields": "phone"}
        older = self.place.connect(sign_in_keeper=SignInKeeper(signed_in))

        assert [c.name for c in older.find_contact("+14155550124")] == ["Nan National"]
        assert older.find_contact("+15155550124") == []

    def test_names_are_unchanged(self, place, connector, contact, log_id, users):
        assert contact.name == 'Ada <b>"Ace"</b> Ågren & Söhne'
        assert "Bob “Bobby” O'Brien & Söhne" in [user.name for user in users]

    @only(WITH_ADD_ON)
    def test_text_is_unchanged(self, connector, contact, call):
        text = '- Summary: <i>Ågren</i> & "Söhne" 100 %\n- Result: O\'Brien\n'
        log_id = connector.create_call_log(
            call, contact=contact, owner=None, composed_log_details=text
        )

        body = connector.get_call_log(log_id).full_body
        assert body == f"{text}Reference: {call.marker}\n"

    @only(CORE_ONLY)
    def test_html_is_unchanged(self, connector, contact, call):
        text = "<ul><li><b>Summary</b>: &lt;i&gt;Ågren&lt;/i&gt; &amp; Söhne</li></ul>"
        log_id = connector.create_call_log(
            call, contact=contact, owner=None, composed_log_details=text
        )

        body = connector.get_call_log(log_id).full_body
        assert body == f"{text}<p>Reference: {call.marker}</p>"

    def test_login_is_taken_as_email_only_if_it_is_one(self, users):
        assert {user.name[:5]: user.email for user in users} == {
            "Admin": "",
            "Alice": "alice@example.com",
            "Bob “": "",
            "Carol": "carol@example.com",
        }

    def test_text_kept_by_the_framework_stays(
        self, place, connector, log_id, call, contact
    ):
        field = "description" if place.model == PHONE_CALL else "note"
        text = place.read(log_id, field)[field]
        place.write(log_id, login="bob", **{field: text + "<p>call back</p>"})
        body = connector.get_call_log(log_id).full_body
        merged = body.replace("first words", "last words")

        for _ in range(2):
            connector.update_call_log(log_id, call, composed_log_details=merged)

        assert place.read(log_id, field)[field] == merged
        assert "call back" in merged
        assert connector.find_call_logs(call.marker, contact=contact) == [log_id]

    def test_a_deleted_record_is_not_written_again(
        self, place, connector, log_id, call
    ):
        self.delete(connector, log_id)

        with pytest.raises(PermanentError):
            connector.update_call_log(log_id, call, composed_log_details=LATER)

    @only(CORE_ONLY)
    def test_contact_history_has_an_activity_once(
        self, place, connector, log_id, call, contact
    ):
        body = connector.get_call_log(log_id).full_body
        merged = body.replace("first words", "last words")

        connector.update_call_log(log_id, call, composed_log_details=merged)

        [message] = [m for m in place.history(contact) if call.marker in m["body"]]
        assert "last words" in message["body"]

    def test_owner_gets_no_email_for_each_call(
        self, place, connector, contact, call, users
    ):
        bob = next(user for user in users if user.name.startswith("Bob"))
        self.log(connector, call, contact, bob)

        message_types = [m["message_type"] for m in place.history(contact, login="bob")]
        assert "user_notification" not in message_types

    def test_created_contact_is_found(self, connector):
        number = f"+4930{random.randrange(10**7, 10**8)}"  # noqa: S311
        created = connector.create_contact(number, name="Neu & Söhne")

        assert connector.find_contact(number) == [created]

    @only(WITH_ADD_ON)
    def test_api_key_of_a_person_works(self, place):
        """JSON-RPC needs a login, and a database: the host's first label."""
        is_older = place.connector_class is OdooOverJsonRpc
        login = "bob:" if is_older else ""
        person = place.connect(access_token=login + place.odoo.keys["bob"])

        assert person.get_user_info().name.startswith("Bob")

    def test_stored_sign_in_costs_no_requests(self, place, connector):
        later = place.connect(sign_in_keeper=SignInKeeper(connector.signed_in))
        sent = []

        with counted_by(lambda: sent.append(1)):
            later.find_contact(self.known_number)

        assert len(sent) == 1

    def test_valid_settings_are_accepted(self, connector):
        assert connector.update_server_logging_settings({"a": "b"}) == {"a": "b"}

    def test_wrong_key_is_refused_before_it_is_stored(self, rejected):
        with pytest.raises(CredentialsRejected):
            rejected.update_server_logging_settings({})

    def test_missing_database_names_the_field(self, place):
        connector = place.connect(database="nope")

        with pytest.raises(InvalidSettings) as caught:
            connector.update_server_logging_settings({})

        assert caught.value.const == "database"

    @only(CORE_ONLY)
    def test_phone_calls_cannot_be_chosen_without_the_add_on(self, place):
        connector = place.connect(recordType=PHONE_CALL)

        with pytest.raises(InvalidSettings) as caught:
            connector.update_server_logging_settings({})

        assert caught.value.const == "recordType"

    @only(WITH_ADD_ON)
    def test_account_without_permission_is_refused(self, place):
        carol = place.connect(login="carol@example.com", key=place.odoo.keys["carol"])

        with pytest.raises(PermanentError, match="may not create"):
            carol.update_server_logging_settings({})

    @only(WITH_ADD_ON)
    def test_activities_can_be_chosen_where_there_are_phone_calls(
        self, place, contact, call
    ):
        connector = place.connect(recordType=ACTIVITY)

        assert self.log(connector, call, contact, None).startswith("mail.activity/")
