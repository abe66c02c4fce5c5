"""POST, PATCH and GET /callLog: what a client logs, beside what is logged here."""

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from appconnect.api.base.authentication import issue_user_jwt
from appconnect.calls.models import CallSession, CrmRecord, Overtaken
from appconnect.organizations.client.client_hash import client_hash
from appconnect.organizations.logging_settings.do_not_log import set_do_not_log_numbers
from appconnect.organizations.models import Member
from appconnect.sandbox.ringcentral import seed
from tests.support.organization import connect_to_crm

PATH = "/callLog"
NUMBER = "+14155550101"
MINE = seed.extension_id("101")


def call_info(**members) -> dict:
    return {
        "sessionId": "4711",
        "telephonySessionId": "s-4711",
        "direction": "Inbound",
        "from": {"phoneNumber": NUMBER, "name": "Cara Caller"},
        "to": {"phoneNumber": "+16505550100", "extensionId": MINE, "name": "Ada"},
        "startTime": "2026-03-02T10:00:00.000Z",
        "duration": 61,
        "result": "Accepted",
        **members,
    }


def body(**members) -> dict:
    return {
        "logInfo": call_info(**members.pop("log_info", {})),
        "contactId": "c1",
        "contactType": "Contact",
        "contactName": "Cara Caller",
        "note": "",
        **members,
    }


def test_a_call_is_logged_with_the_agents_note(call, sandbox):
    reply = call("POST", PATH, body(note="Wants a quote\nby Friday"))

    answer = reply.json()
    [log] = sandbox.call_logs()
    assert answer["successful"] is True
    assert answer["logId"] == log["id"]
    assert answer["returnMessage"]["messageType"] == "success"
    assert (log["contactId"], log["ownerId"]) == ("c1", "u1")
    assert log["durationSeconds"] == 61
    assert log["note"].startswith("- Note: Wants a quote\nby Friday\n")
    assert "- Duration: 1 minute, 1 second" in log["note"]


def test_body_may_be_megabytes_long(call, sandbox):
    reply = call("POST", PATH, body(whatElseItKnows="x" * 3 * 1024 * 1024))

    assert reply.json()["successful"] is True
    assert len(sandbox.call_logs()) == 1


def test_contact_that_is_still_to_be_created_is_asked_for(call, sandbox):
    reply = call("POST", PATH, body(contactId="createNewContact"))

    message = reply.json()["returnMessage"]["message"]
    assert (reply.status_code, reply.json()["successful"]) == (200, False)
    assert "Create the contact or choose another one" in message
    assert sandbox.call_logs() == []


def test_the_second_time_it_is_already_there(call, sandbox):
    call("POST", PATH, body())

    reply = call("POST", PATH, body())

    answer = reply.json()
    assert reply.status_code == 200
    assert answer["successful"] is False
    assert answer["returnMessage"]["message"] == "Existing log for session 4711"
    assert answer["returnMessage"]["ttl"] == 3000
    assert len(sandbox.call_logs()) == 1


def test_client_does_not_log_a_workers_call_again(call, sandbox, make_call, log, now):
    call_session = log(
        make_call(extension="101", telephony_session_id="s-4711"), at=now
    )
    assert call_session.status == CallSession.Status.LOGGED

    reply = call("POST", PATH, body())

    assert "Existing log" in reply.json()["returnMessage"]["message"]
    assert len(sandbox.call_logs()) == 1


def test_worker_does_not_log_a_clients_call_again(call, sandbox, make_call, log, now):
    log_id = call("POST", PATH, body(note="By hand")).json()["logId"]

    call_session = log(
        make_call(extension="101", telephony_session_id="s-4711"), at=now
    )

    assert call_session.status == CallSession.Status.LOGGED
    assert call_session.crm_record.record_id == log_id
    [record] = sandbox.call_logs()
    assert "By hand" in record["note"]


def test_a_call_that_was_held_is_settled_by_a_client(
    call, connected, make_call, log, now
):
    unknown = {"phoneNumber": "+14155550199"}
    call_session = make_call(extension="101", telephony_session_id="s-4711")
    call_session.mark_skipped("NO_CONTACT", now=now)

    call("POST", PATH, body(log_info={"from": unknown}))

    call_session.refresh_from_db()
    assert call_session.status == CallSession.Status.LOGGED
    assert "logged it by hand" in call_session.timeline.last().text


@pytest.mark.parametrize(
    "identity",
    [
        {"rcExtensionId": seed.extension_id("102")},
        {"hashedExtensionId": client_hash(seed.extension_id("102"))},
        {"extensionNumber": "102"},
    ],
    ids=["id", "hash", "number"],
)
def test_a_record_belongs_to_the_extension_that_is_named(call, identity):
    call("POST", PATH, {**body(), **identity})

    assert CrmRecord.objects.get().extension_id == seed.extension_id("102")


def test_an_assigned_record_has_the_mapped_owner(call, sandbox):
    assigned = {
        "isAssignedToUser": True,
        "adminAssignedUserRcId": seed.extension_id("102"),
    }

    call("POST", PATH, body(additionalSubmission=assigned))

    assert sandbox.call_logs()[0]["ownerId"] == "u2"


def test_a_call_that_goes_on_has_no_duration_yet(call, sandbox):
    pending = {"duration": "pending", "startTime": 1772445600000}
    call("POST", PATH, body(log_info=pending))

    [log] = sandbox.call_logs()
    assert log["startedAt"].startswith("2026-03-02T10:00:00")
    assert "Duration" not in log["note"]

    call("PATCH", PATH, {"sessionId": "4711", "duration": 75, "result": "Accepted"})

    [log] = sandbox.call_logs()
    assert log["durationSeconds"] == 75
    assert "- Duration: 1 minute, 15 seconds" in log["note"]


def test_a_note_and_a_recording_come_later_and_neither_loses_the_other(call, sandbox):
    call("POST", PATH, body(note="First"))

    patched = call("PATCH", PATH, {"sessionId": "4711", "note": "Second"}).json()
    link = "https://media.example.com/r/1"
    call("PATCH", PATH, {"sessionId": "4711", "recordingLink": link})

    [log] = sandbox.call_logs()
    assert patched["successful"] is True
    assert patched["updatedNote"] == "Second"
    assert "First" not in log["note"]
    assert "- Note: Second\n" in log["note"]
    assert link in log["note"]
    assert "- Duration: 1 minute, 1 second" in log["note"]


def test_text_written_in_the_crm_stays(call, sandbox):
    log_id = call("POST", PATH, body(note="First")).json()["logId"]
    sandbox.edit_call_log(log_id, note="Mine\n" + sandbox.call_logs()[0]["note"])

    call("PATCH", PATH, {"sessionId": "4711", "duration": 99})

    [log] = sandbox.call_logs()
    assert log["note"].startswith("Mine\n- Note: First\n")
    assert "1 minute, 39 seconds" in log["note"]


def test_a_patch_of_no_record_says_only_so(call, connected):
    reply = call("PATCH", PATH, {"sessionId": "none", "note": "x"})

    assert (reply.status_code, reply.json()) == (200, {"successful": False})


def test_a_client_asks_which_calls_are_logged(call, sandbox):
    log_id = call("POST", PATH, body(note="Hello")).json()["logId"]

    logs = call("GET", PATH + "?sessionIds=4711,0,5").json()
    detailed = call("GET", PATH + "?sessionIds=4711&requireDetails=true").json()

    assert logs == {
        "successful": True,
        "logs": [
            {"sessionId": "4711", "matched": True, "logId": log_id},
            {"sessionId": "0", "matched": False},
            {"sessionId": "5", "matched": False},
        ],
    }
    [log] = detailed["logs"]
    assert log["logData"]["note"] == "Hello"
    assert "Accepted" in log["logData"]["fullBody"]
    assert log["logData"]["contactName"] == "Cara Caller"
    assert log["logData"]["dispositions"] == {}


def test_no_session_is_asked_for(call, connected):
    assert call("GET", PATH).json() == {"successful": False}


def test_ended_session_gets_the_clients_sentence(call, gone):
    message = {"message": "User not found", "messageType": "warning", "ttl": 5000}
    for method, posted in (("POST", body()), ("PATCH", {"sessionId": "4711"})):
        reply = call(method, PATH, posted, jwt=gone)

        assert reply.status_code == 200
        assert reply.json() == {"successful": False, "returnMessage": message}

    asked = call("GET", PATH + "?sessionIds=4711", jwt=gone)
    assert (asked.status_code, asked.json()) == (200, {"successful": False})


@pytest.mark.parametrize("name", ["extensionNumber", "rcExtensionId"])
def test_nul_in_the_query_is_refused(call, connected, name):
    for query in ("sessionIds=47%0011", f"sessionIds=4711&{name}=1%00"):
        reply = call("GET", f"{PATH}?{query}")

        assert reply.status_code == 400
        assert "NUL" in reply.json()["error"]


def test_a_number_that_is_never_logged_is_not_logged_by_hand_either(
    call, connected, sandbox
):
    set_do_not_log_numbers(connected, [NUMBER])

    answer = call("POST", PATH, body()).json()

    assert answer["successful"] is False
    assert "do-not-log" in answer["returnMessage"]["details"][0]["items"][0]["text"]
    assert sandbox.call_logs() == []
    assert not CrmRecord.objects.exists()


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (429, "Rate limit exceeded"),
        (401, "Authorization error"),
        (500, "Error creating call log"),
    ],
)
def test_a_crm_that_refuses_is_told_in_app_connects_words(
    call, sandbox, status, message
):
    sandbox.switch(crmFailsWith=status)

    reply = call("POST", PATH, body())

    assert reply.status_code == 200
    assert reply.json()["successful"] is False
    assert reply.json()["returnMessage"]["message"] == message


def test_a_lost_reply_is_looked_for_before_it_is_sent_again(call, sandbox):
    sandbox.switch(crmLosesReplies=True)
    assert call("POST", PATH, body()).json()["successful"] is False
    sandbox.switch(crmLosesReplies=False)

    reply = call("POST", PATH, body())

    assert len(sandbox.call_logs()) == 1
    assert reply.json()["logId"] == sandbox.call_logs()[0]["id"]


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ({"sessionId": None}, "sessionId"),
        ({"sessionId": "0"}, "sessionId"),
        ({"direction": "Sideways"}, "direction"),
        ({"startTime": "yesterday"}, "startTime"),
        ({"startTime": 1e30}, "startTime"),
        ({"startTime": True}, "startTime"),
        ({"startTime": "0001-01-01T00:00:00+23:59"}, "startTime"),
        ({"startTime": "9999-12-31T23:59:59-23:59"}, "startTime"),
        ({"duration": -1}, "duration"),
        ({"duration": [1]}, "duration"),
        ({"duration": float("nan")}, "duration"),
        ({"sessionId": False}, "sessionId"),
        ({"from": "nobody", "to": 5, "direction": 7}, "direction"),
    ],
)
def test_a_wrong_member_is_named(call, sandbox, members, fault):
    reply = call("POST", PATH, body(log_info=members))

    assert reply.status_code == 400
    assert fault in reply.json()["error"]
    assert sandbox.call_logs() == []


@pytest.mark.parametrize("posted", [None, [], {}, {"logInfo": []}, b"nonsense"])
def test_no_call_at_all_is_a_bad_request(call, connected, posted):
    assert call("POST", PATH, posted).status_code == 400


@pytest.mark.parametrize("contact_id", ["", None, False])
def test_missing_contact_is_named_by_its_number(call, sandbox, contact_id):
    answer = call("POST", PATH, body(contactId=contact_id)).json()

    assert answer["successful"] is False
    assert answer["returnMessage"]["message"].startswith("Contact not found for number")


def test_another_organizations_records_are_not_seen(call, crm_session, stranger):
    call("POST", PATH, body())
    crm_session.pk, crm_session.organization = None, stranger.organization
    crm_session.save()

    logs = call("GET", PATH + "?sessionIds=4711", jwt=issue_user_jwt(crm_session))

    assert logs.json()["logs"] == [{"sessionId": "4711", "matched": False}]


def test_a_client_that_knows_no_telephony_session_is_not_doubled_either(
    call, sandbox, make_call, log, now
):
    log_id = call("POST", PATH, body(log_info={"telephonySessionId": None})).json()[
        "logId"
    ]

    call_session = log(make_call(extension="101"), at=now)

    assert call_session.crm_record.record_id == log_id
    assert len(sandbox.call_logs()) == 1


def test_the_contacts_name_stays_when_ringcentrals_record_comes(
    call, sandbox, make_call, log, now
):
    call("POST", PATH, body())
    call_session = make_call(extension="101", telephony_session_id="s-4711")

    call_session = log(log(call_session, at=now), at=timezone.now())

    assert call_session.next_attempt_at is None
    [record] = sandbox.call_logs()
    assert "Inbound Call from Cara Caller" in record["note"]


def test_the_record_of_a_forgotten_life_is_found(call, sandbox):
    log_id = call("POST", PATH, body()).json()["logId"]
    CrmRecord.objects.all().delete()

    reply = call("POST", PATH, body())

    assert reply.json()["logId"] == log_id
    assert len(sandbox.call_logs()) == 1


def test_a_record_of_another_crm_is_not_this_ones(call, connected):
    call("POST", PATH, body())
    CrmRecord.objects.update(crm_hostname="old.example.com")

    logs = call("GET", PATH + "?sessionIds=4711").json()["logs"]

    assert logs == [{"sessionId": "4711", "matched": False}]


def test_a_crm_that_asked_for_time_is_not_asked_by_clients(call, sandbox):
    sandbox.switch(crmFailsWith=429)
    call("POST", PATH, body())
    sandbox.switch(crmFailsWith=0)
    asked = len(sandbox.asked("/crm/api"))

    answer = call("POST", PATH, body()).json()

    assert answer["successful"] is False
    assert len(sandbox.asked("/crm/api")) == asked


def test_a_worker_that_is_about_the_call_finds_it_logged(
    call, connected, make_call, now
):
    call_session = make_call(extension="101", telephony_session_id="s-4711")
    claimed = CallSession.objects.claim(call_session.pk, now)

    call("POST", PATH, body())

    with pytest.raises(Overtaken), transaction.atomic():
        claimed.mark_skipped("NO_CONTACT", now=now)
    call_session.refresh_from_db()
    assert call_session.status == CallSession.Status.LOGGED


def test_an_id_that_no_crm_has_is_named(call, sandbox):
    reply = call("POST", PATH, body(contactId="c" * 201))

    assert reply.status_code == 400
    assert "contactId" in reply.json()["error"]


NOBODY = {"hashedExtensionId": "0" * 64}


@pytest.mark.parametrize("others", [{"rcExtensionId": MINE}, {}, NOBODY])
@pytest.mark.parametrize(
    "unknown", [NOBODY, {"extensionNumber": "987"}], ids=["hash", "number"]
)
def test_a_call_of_an_extension_that_is_not_known_is_not_logged_twice(
    call, sandbox, unknown, others
):
    log_id = call("POST", PATH, {**body(), **unknown}).json()["logId"]

    second = call("POST", PATH, {**body(), **others}).json()
    asked = "&".join(f"{name}={value}" for name, value in others.items())
    logs = call("GET", f"{PATH}?sessionIds=4711&{asked}").json()["logs"]

    assert second["returnMessage"]["message"] == "Existing log for session 4711"
    assert len(sandbox.call_logs()) == 1
    assert logs == [{"sessionId": "4711", "matched": True, "logId": log_id}]


def test_call_of_an_extension_is_not_logged_for_an_unknown_one(call, sandbox):
    call("POST", PATH, body())

    second = call("POST", PATH, {**body(), **NOBODY}).json()

    assert second["successful"] is False
    assert len(sandbox.call_logs()) == 1


def test_two_extensions_of_a_call_have_a_record_each(call, sandbox):
    call("POST", PATH, {**body(), "rcExtensionId": seed.extension_id("102")})

    call("POST", PATH, body())

    assert len(sandbox.call_logs()) == 2


def test_a_lost_reply_of_an_unknown_extension_is_looked_for_by_its_own_marker(
    call, sandbox
):
    sandbox.switch(crmLosesReplies=True)
    call("POST", PATH, {**body(), **NOBODY})
    sandbox.switch(crmLosesReplies=False)

    reply = call("POST", PATH, body())

    [record] = sandbox.call_logs()
    assert reply.json()["logId"] == record["id"]


def test_a_worker_finds_the_record_of_an_extension_that_was_not_known(
    call, sandbox, make_call, log, now
):
    log_id = call("POST", PATH, {**body(), **NOBODY}).json()["logId"]

    call_session = log(
        make_call(extension="101", telephony_session_id="s-4711"), at=now
    )

    assert call_session.crm_record.record_id == log_id
    assert len(sandbox.call_logs()) == 1


@pytest.mark.parametrize(
    ("user_agent", "note"),
    [("SSCL", "Typed by Ada"), ("sscl", "Posted"), ("Mozilla/5.0", "Posted")],
)
def test_of_a_logging_service_the_agents_cached_note_counts_more(
    call, sandbox, user_agent, note
):
    call("POST", "/callLog/cacheNote", {"sessionId": "4711", "note": "Typed by Ada"})

    call("POST", PATH, body(note="Posted"), user_agent=user_agent)

    [record] = sandbox.call_logs()
    assert record["note"].startswith(f"- Note: {note}\n")


def test_a_logging_service_writes_its_own_note_where_no_agent_typed_one(call, sandbox):
    call("POST", PATH, body(note="From auto logging (Pending)"), user_agent="SSCL")

    call("PATCH", PATH, {"sessionId": "4711", "note": "Done"}, user_agent="SSCL")

    [record] = sandbox.call_logs()
    assert record["note"].startswith("- Note: Done\n")


def test_a_logging_service_does_not_write_over_an_agents_note(call, sandbox):
    call("POST", PATH, body(note="Typed by Ada"))
    told = {"sessionId": "4711", "note": "Automatic", "duration": 75}

    reply = call("PATCH", PATH, told, user_agent="SSCL")

    [record] = sandbox.call_logs()
    assert reply.json()["updatedNote"] == "Typed by Ada"
    assert "1 minute, 15 seconds" in record["note"]
    assert "Automatic" not in record["note"]


@pytest.mark.parametrize(
    ("extension", "owner"), [("102", "u2"), ("108", "u3"), ("", "u3")]
)
def test_the_mapping_names_the_owner_else_the_assigned_agents_token(
    call, connected, sandbox, extension, owner
):
    agent = connect_to_crm(
        connected, api_key=seed.api_key_of("u3"), extension_id=seed.extension_id("103")
    )
    assigned = {
        "isAssignedToUser": True,
        "adminAssignedUserToken": issue_user_jwt(agent),
        "adminAssignedUserRcId": extension and seed.extension_id(extension),
    }

    call("POST", PATH, body(additionalSubmission=assigned))

    assert sandbox.call_logs()[0]["ownerId"] == owner


def test_agent_who_was_disabled_since_the_call_owns_its_record(
    call, connected, sandbox
):
    agent = connect_to_crm(
        connected, api_key=seed.api_key_of("u3"), extension_id=seed.extension_id("108")
    )
    connected.extensions.filter(extension_number="108").update(is_enabled=False)
    assigned = {
        "isAssignedToUser": True,
        "adminAssignedUserToken": issue_user_jwt(agent),
        "adminAssignedUserRcId": seed.extension_id("108"),
    }

    call("POST", PATH, body(additionalSubmission=assigned))

    assert sandbox.call_logs()[0]["ownerId"] == "u3"


def test_token_of_another_accounts_agent_names_no_owner(
    call, connected, stranger, sandbox
):
    agent = connect_to_crm(
        connected, api_key=seed.api_key_of("u3"), extension_id=seed.extension_id("103")
    )
    token = issue_user_jwt(agent)
    agent.organization = stranger.organization
    agent.save()
    assigned = {"isAssignedToUser": True, "adminAssignedUserToken": token}

    call("POST", PATH, body(additionalSubmission=assigned))

    assert sandbox.call_logs()[0]["ownerId"] == "u1"


def test_a_workers_record_names_its_contact_too(call, sandbox, make_call, log, now):
    log(make_call(extension="101", telephony_session_id="s-4711"), at=now)

    logs = call("GET", PATH + "?sessionIds=4711&requireDetails=true").json()["logs"]

    [contact] = [c for c in seed.CONTACTS if NUMBER in c]
    assert logs[0]["logData"]["contactName"] in contact


@pytest.fixture
def ben(connected) -> str:
    """The userJwt of an agent."""
    key, extension = seed.api_key_of("u2"), seed.extension_id("102")
    session = connect_to_crm(connected, api_key=key, extension_id=extension)
    return issue_user_jwt(session)


NAMES_ADA = [
    {"rcExtensionId": MINE},
    {"extensionNumber": "101"},
    {"hashedExtensionId": client_hash(MINE)},
]


@pytest.mark.parametrize("names", NAMES_ADA)
def test_agent_takes_no_call_from_a_colleague(call, ben, sandbox, make_call, names):
    colleagues = make_call(
        extension="101", telephony_session_id="s-4711", session_id="4711"
    )

    call("POST", PATH, {**body(contactId="c9", contactName="Wrong"), **names}, jwt=ben)

    colleagues.refresh_from_db()
    assert colleagues.status == CallSession.Status.WAITING_TO_LOG
    assert [log["ownerId"] for log in sandbox.call_logs()] == ["u2"]
    record = CrmRecord.objects.get(call=None)
    assert record.extension_id == seed.extension_id("102")


@pytest.mark.parametrize("names", NAMES_ADA)
def test_agent_reads_and_changes_no_record_of_a_colleague(call, ben, sandbox, names):
    call("POST", PATH, body(note="For Ada"))
    [name] = names
    address = f"{PATH}?sessionIds=4711&requireDetails=true&{name}={names[name]}"

    seen = call("GET", address, jwt=ben).json()["logs"]
    reply = call("PATCH", PATH, {"sessionId": "4711", "note": "x", **names}, jwt=ben)

    assert seen == [{"sessionId": "4711", "matched": False}]
    assert reply.json() == {"successful": False}
    [log] = sandbox.call_logs()
    assert "For Ada" in log["note"]


@pytest.mark.parametrize(
    ("first", "second"),
    [("", "s-4711"), ("s-4711", "")],
    ids=["by its shorter id first", "by both ids first"],
)
def test_call_is_logged_once_by_whichever_ids(call, sandbox, first, second):
    call("POST", PATH, body(log_info={"telephonySessionId": first}))

    reply = call("POST", PATH, body(log_info={"telephonySessionId": second}))

    assert "Existing log" in reply.json()["returnMessage"]["message"]
    assert len(sandbox.call_logs()) == 1


def test_refused_attempt_by_the_shorter_id_does_not_hide_the_workers_record(
    call, sandbox, make_call, log, organization, now
):
    log(make_call(extension="101", telephony_session_id="s-4711"), at=now)
    CrmRecord.objects.create(
        organization=organization,
        platform=organization.platform,
        telephony_session_id="4711",
        session_id="4711",
        extension_id=MINE,
        status=CrmRecord.Status.RESERVED,
    )

    reply = call("POST", PATH, body())

    assert "Existing log" in reply.json()["returnMessage"]["message"]
    assert len(sandbox.call_logs()) == 1


def test_admin_whom_the_team_made_a_viewer_reads_no_colleagues_record(
    call, ben, organization
):
    call("POST", PATH, body(), jwt=ben)
    address = f"{PATH}?sessionIds=4711&rcExtensionId={seed.extension_id('102')}"
    assert call("GET", address).json()["logs"][0]["matched"] is True

    user = User.objects.create_user("ada")
    role = Member.Role.VIEWER
    Member.objects.create(
        user=user, organization=organization, extension_id=MINE, role=role
    )

    assert call("GET", address).json()["logs"][0]["matched"] is False


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_logging_service_in_an_agents_session_is_refused_a_colleagues_call(
    call, ben, sandbox, method
):
    named = {**body(), "sessionId": "4711", **NAMES_ADA[0]}

    reply = call(method, PATH, named, jwt=ben, user_agent="SSCL").json()

    assert reply["successful"] is False
    assert "Save the server-side logging settings" in str(reply["returnMessage"])
    assert sandbox.call_logs() == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("startTime", "0001-01-01T00:00:00Z"),
        ("startTime", "9999-12-31T23:59:59Z"),
        ("startTime", -62135596800000),
        ("startTime", 253402300799000),
        pytest.param("duration", 10**400, id="huge"),
        ("duration", 1e308),
    ],
)
def test_time_that_no_call_has_is_refused(call, sandbox, name, value):
    reply = call("POST", PATH, body(log_info={name: value}))

    assert reply.status_code == 400
    assert name in reply.json()["error"]
    assert sandbox.call_logs() == []


def test_long_result_is_cut_and_subject_is_one_line(call, sandbox):
    info = {
        "result": "R" * 200_000,
        "customSubject": "Offer\r\n--- End of call details",
    }

    call("POST", PATH, body(log_info=info))

    [log] = sandbox.call_logs()
    assert log["subject"] == "Offer --- End of call details"
    assert f"- Result: {'R' * 60}\n" in log["note"]
