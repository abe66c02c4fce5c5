"""What a document can say beyond App Connect's format: steps, pages, replies that mean something."""

import json
import logging
from dataclasses import replace

import pytest
import requests

from connector.errors import (
    AlreadyExists,
    CredentialsRejected,
    InvalidSettings,
    NotSupported,
    PermanentError,
    RateLimited,
    TemporaryError,
    UnknownOutcome,
)
from connector.testing import SAMPLE_CALL, SAMPLE_CONTACT, SAMPLE_OWNER
from connector.testing.samples import create_call_log
from connector.types import Contact, CrmUser

INSIGHTLY = {
    "createCallLog": {
        "steps": [
            {
                "name": "kind",
                "url": "/Contacts/{{contactInfo.id}}",
                "when": "{{contactInfo.type|is:'Contact'}}",
            },
            {
                "name": "event",
                "method": "POST",
                "url": "/Events",
                "creates": True,
                "body": {
                    "TITLE": "{{subject}}",
                    "PHASE": "{{steps.kind.body.PHASE}}",
                    "OWNER_USER_ID": "{{assignee.id|number}}",
                },
                "responseMapping": {"idPath": "body.EVENT_ID"},
            },
            {
                "name": "link",
                "method": "POST",
                "url": "/Events/{{steps.event.body.EVENT_ID}}/Links",
                "body": {"LINK_OBJECT_ID": "{{contactInfo.id|number}}"},
            },
        ]
    }
}
"""An event, then its link to the contact."""
KIND, EVENT, LINK = (200, {"PHASE": "hot"}), (201, {"EVENT_ID": 5}), (201, {})

SIDES = {
    "createCallLog": {
        "steps": [
            {
                "name": direction,
                "method": "POST",
                "url": "/communications.json",
                "creates": True,
                "when": f"{{{{callLog.direction|is:'{direction}'}}}}",
                "body": {
                    side: [
                        {
                            "$when": "{{assignee.id}}",
                            "type": "User",
                            "id": "{{assignee.id}}",
                        }
                    ]
                },
            }
            for direction, side in (("Outbound", "senders"), ("Inbound", "receivers"))
        ]
    }
}
"""The owner on the side of the account."""


def test_later_steps_see_earlier_replies(acme):
    crm, http = acme(INSIGHTLY, KIND, EVENT, LINK)

    assert create_call_log(crm, owner=SAMPLE_OWNER) == "5"
    assert [
        request.url.removeprefix("https://api.acme.example/v1")
        for request in http.requests
    ] == [
        "/Contacts/77",
        "/Events",
        "/Events/5/Links",
    ]
    assert json.loads(http.requests[1].body) == {
        "TITLE": "Inbound Call from Ada Example",
        "PHASE": "hot",
        "OWNER_USER_ID": 4711,
    }
    assert json.loads(http.last_body) == {"LINK_OBJECT_ID": 77}


def test_step_with_false_condition_is_not_sent(acme):
    crm, http = acme(INSIGHTLY, EVENT, LINK)
    lead = Contact(id="3", name="L", type="Lead")

    assert crm.create_call_log(
        SAMPLE_CALL, contact=lead, owner=None, composed_log_details=""
    )
    assert json.loads(http.requests[0].body) == {"TITLE": "Inbound Call from L"}


@pytest.mark.parametrize("fault", [(500, {}), (401, {}), requests.ReadTimeout()])
def test_created_record_is_kept_when_later_step_fails(acme, caplog, fault):
    crm, _ = acme(INSIGHTLY, KIND, EVENT, fault)

    with caplog.at_level(logging.WARNING):
        assert create_call_log(crm, owner=None) == "5"
    assert "operations.createCallLog.steps[2] failed" in caplog.text


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ((500, {}), UnknownOutcome),
        ((200, {}), UnknownOutcome),
        (requests.ReadTimeout(), UnknownOutcome),
        ((422, {}), PermanentError),
    ],
)
def test_creating_step_decides_whether_outcome_is_unknown(acme, fault, error):
    crm, http = acme(INSIGHTLY, KIND, fault)

    with pytest.raises(error):
        create_call_log(crm, owner=None)
    assert len(http.requests) == 2


def test_failure_before_creation_is_a_temporary_error(acme):
    crm, http = acme(INSIGHTLY, (500, {}))

    with pytest.raises(TemporaryError):
        create_call_log(crm, owner=None)
    assert len(http.requests) == 1


def test_one_of_several_creating_steps_is_sent(acme):
    crm, http = acme(SIDES, (201, {"id": 1}))

    create_call_log(crm, owner=SAMPLE_OWNER)

    [request] = http.requests
    assert json.loads(request.body) == {"receivers": [{"type": "User", "id": "4711"}]}
    create_call_log(crm, owner=None)
    assert json.loads(http.last_body) == {"receivers": []}


def test_contacts_of_several_searches_are_one_list(acme):
    def step(name, kind):
        mapping = {
            "item": {"idPath": "ID", "namePath": "{{FIRST}} {{LAST}}", "type": kind}
        }
        return {"name": name, "url": f"/{name}", "responseMapping": mapping}

    ada, lee = ({"ID": i, "FIRST": n, "LAST": "X"} for i, n in ((1, "Ada"), (1, "Lee")))
    steps = [step("PHONE", "Contact"), step("MOBILE", "Contact"), step("Leads", "Lead")]
    crm, _ = acme(
        {"findContact": {"steps": steps}}, (200, [ada]), (200, [ada]), (200, [lee])
    )

    assert crm.find_contact("+1") == [
        Contact(id="1", name="Ada X", type="Contact", phone_number="+1"),
        Contact(id="1", name="Lee X", type="Lead", phone_number="+1"),
    ]


def users(paging, **query):
    return {
        "getUserList": {
            "url": "/users",
            "query": {"limit": 2, **query},
            "paging": paging,
            "responseMapping": {"listPath": "body.users"},
        }
    }


def page(*ids, **more):
    return (200, {"users": [{"id": i, "name": f"U{i}"} for i in ids], **more})


def ids_and_queries(crm, http):
    ids = [user.id for user in crm.get_user_list()]
    return ids, [request.url.partition("?")[2] for request in http.requests]


def test_pages_are_followed_by_a_cursor(acme):
    operations = users({"nextPath": "body.next"}, cursor="{{page.next}}")
    crm, http = acme(operations, page(1, 2, next="b"), page(3, next=None))

    assert ids_and_queries(crm, http) == (
        ["1", "2", "3"],
        ["limit=2", "limit=2&cursor=b"],
    )


def test_pages_are_followed_by_address(acme):
    operations = users({"nextUrlPath": "links.next"})
    there = "https://api.acme.example/v1/users?page=2&limit=2"
    header = {"Link": f'<{there}>; rel="next", <x>; rel="last"'}
    crm, http = acme(operations, (*page(1), header), page(2))

    assert ids_and_queries(crm, http) == (["1", "2"], ["limit=2", "page=2&limit=2"])


def test_pages_are_counted_until_one_is_empty(acme):
    operations = users(
        {"counted": True}, start="{{page.offset}}", page="{{page.number}}"
    )
    crm, http = acme(operations, page(1, 2), page(3), page())

    assert ids_and_queries(crm, http) == (
        ["1", "2", "3"],
        [
            "limit=2&start=0&page=1",
            "limit=2&start=2&page=2",
            "limit=2&start=3&page=3",
        ],
    )


def test_pages_are_counted_until_there_are_no_more(acme):
    operations = users(
        {"counted": True, "morePath": "body.more"}, page="{{page.number}}"
    )
    crm, http = acme(operations, page(1, more=True), page(2, more=False))

    assert ids_and_queries(crm, http)[0] == ["1", "2"]


@pytest.mark.parametrize(
    ("paging", "requests"), [({"nextPath": "body.next"}, 2), ({"counted": True}, 500)]
)
def test_endless_pages_are_an_error(acme, paging, requests):
    crm, http = acme(users(paging), page(1, next="again"))

    with pytest.raises(PermanentError, match="do not end"):
        crm.get_user_list()
    assert len(http.requests) == requests


@pytest.mark.parametrize(
    ("fault", "error"),
    [((500, {}), TemporaryError), ((200, {"error": 1}), TemporaryError)],
)
def test_failed_page_is_an_error(acme, fault, error):
    crm, _ = acme(users({"nextPath": "body.next"}), page(1, next="b"), fault)

    with pytest.raises(error):
        crm.get_user_list()


def test_inactive_users_are_marked(acme):
    mapping = {"listPath": "body[is_deleted=false]", "isActivePath": "active"}
    reply = [
        {"id": 1, "name": "A", "email": "a@b.c", "active": True, "is_deleted": False},
        {"id": 2, "name": "B", "active": "false", "is_deleted": False},
        {"id": 3, "name": "C", "active": True, "is_deleted": True},
    ]
    operations = {"getUserList": {"url": "/users", "responseMapping": mapping}}
    crm, _ = acme(operations, (200, reply))

    assert crm.get_user_list() == [
        CrmUser(id="1", name="A", email="a@b.c"),
        CrmUser(id="2", name="B", is_active=False),
    ]


def look_up_with(*rules):
    return {"findContact": {"url": "/contacts", "errors": list(rules)}}


@pytest.mark.parametrize(
    ("means", "error"),
    [
        ("credentialsRejected", CredentialsRejected),
        ("rateLimited", RateLimited),
        ("temporary", TemporaryError),
        ("duplicate", PermanentError),
        ("refused", PermanentError),
        ("invalidSettings", InvalidSettings),
    ],
)
def test_rules_decide_the_meaning_of_a_reply(acme, means, error):
    rule = {"when": "{{body.code|is:'7'}}", "means": means, "message": "it said seven."}
    crm, _ = acme(look_up_with(rule), (200, {"code": 7}))

    with pytest.raises(error, match="acme answered HTTP 200: it said seven") as caught:
        crm.find_contact("+1")
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("means", "error"),
    [
        ("duplicate", AlreadyExists),
        ("temporary", UnknownOutcome),
        ("rateLimited", RateLimited),
        ("refused", PermanentError),
    ],
)
def test_rules_for_creation_may_give_an_unknown_outcome(acme, means, error):
    rule = {"status": 400, "when": "{{body.code}}", "means": means}
    create = {"createCallLog": {"method": "POST", "url": "/calls"}}
    crm, _ = acme(create, (400, {"code": 7}), errors=[rule])

    with pytest.raises(error) as caught:
        create_call_log(crm, owner=None)
    assert type(caught.value) is error


def test_status_can_mean_no_contact(acme):
    rule = {"status": [404, 410], "means": "nothingFound"}
    crm, _ = acme(look_up_with(rule), (404, "<html>"), (500, {}))

    assert crm.find_contact("+1") == []
    with pytest.raises(TemporaryError):
        crm.find_contact("+1")


def test_rate_limit_rule_gives_retry_after(acme):
    rule = {"status": 400, "means": "rateLimited", "retryAfterPath": "body.wait"}
    crm, _ = acme(look_up_with(rule), (400, {"wait": 90}))

    with pytest.raises(RateLimited) as caught:
        crm.find_contact("+1")
    assert caught.value.retry_after == 90


def test_refused_settings_name_their_field(acme):
    rule = {"status": 400, "means": "invalidSettings", "field": "user"}
    operations = {
        "updateServerLoggingSettings": {
            "url": "/users/{{settings.user}}",
            "errors": [rule],
        }
    }
    crm, http = acme(operations, (400, {}))

    with pytest.raises(InvalidSettings) as caught:
        crm.update_server_logging_settings({"user": "u/1"})
    assert caught.value.const == "user"
    assert http.requests[0].url == "https://api.acme.example/v1/users/u%2F1"
    assert crm.implements("update_server_logging_settings")


def test_settings_without_credentials_are_stored_unchecked(acme):
    crm, http = acme({"findContact": {"url": "/c"}}, (401, {}))

    assert crm.update_server_logging_settings({"user": "u"}) == {"user": "u"}
    assert http.requests == []
    assert not crm.implements("update_server_logging_settings")


SIGN_IN = {
    "signIn": {
        "steps": [
            {
                "name": "code",
                "url": "/authorize",
                "errors": [{"status": 302, "means": "success"}],
            },
            {
                "name": "token",
                "method": "POST",
                "url": "/token",
                "bodyFormat": "form",
                "body": {
                    "code": "{{steps.code.headers.Location|query:'code'}}",
                    "x": "{{session.token}}",
                },
            },
        ],
        "responseMapping": {"session": {"token": "body.t", "url": "body.url"}},
    },
    "findContact": {"url": "{{session.url}}/people"},
}


def test_sign_in_result_is_available_as_session(acme):
    there = {"Location": "https://api.acme.example/?code=a%2Fb"}
    signed_in = (200, {"t": "T", "url": "https://api.acme.example/r"})
    auth = {
        "headerName": "X-Session",
        "credentialTemplate": "{{session.token}}",
        "encode": "none",
    }
    crm, http = acme(SIGN_IN, (302, "<html>", there), signed_in, (200, []), auth=auth)

    assert crm.find_contact("+1") == []
    code, token, people = http.requests
    assert "X-Session" not in code.headers
    assert token.body == "code=a%2Fb"
    assert people.url == "https://api.acme.example/r/people"
    assert people.headers["X-Session"] == "T"


def test_ended_session_is_replaced_in_the_url_too(acme):
    def signed_in(path):
        return (200, {"t": "T", "url": f"https://api.acme.example/{path}"})

    crm, http = acme(
        SIGN_IN,
        *((302, ""), signed_in("old"), (200, [])),
        *((401, {}), (302, ""), signed_in("new"), (200, [])),
    )
    later = type(crm)(
        crm.credentials, session=crm.session, sign_in_keeper=crm.sign_in_keeper
    )
    crm.find_contact("+1")

    assert later.find_contact("+1") == []
    assert http.requests[-1].url == "https://api.acme.example/new/people"


def test_sign_in_without_result_is_an_error(acme):
    crm, _ = acme(SIGN_IN, (302, ""), (200, {"t": "T"}))

    with pytest.raises(PermanentError, match="gave no url at"):
        crm.find_contact("+1")


def test_records_are_found_by_their_text(acme):
    operations = {
        "findCallLogs": {
            "url": "/contacts/{{contactInfo.id}}/notes",
            "responseMapping": {"textPath": "text"},
        },
        "createCallLog": {
            "url": "/notes",
            "body": {"text": "{{composedLogDetails}} {{marker}}"},
        },
    }
    notes = [{"id": 1, "text": "a rc:x b"}, {"id": 2, "text": "rc:y"}]
    marker = {"support": "in text"}
    crm, _ = acme(operations, (200, notes), (200, {}), marker=marker)

    assert crm.find_call_logs("rc:x", contact=SAMPLE_CONTACT) == ["1"]
    with pytest.raises(TemporaryError, match="no list"):  # not: there is none
        crm.find_call_logs("rc:x", contact=SAMPLE_CONTACT)


def test_a_header_is_one_line(acme):
    operations = {
        "findContact": {"url": "/c", "headers": {"X-Number": "{{phoneNumber}}"}}
    }
    crm, http = acme(operations, (200, []))

    crm.find_contact("+1\r\nX-Evil: 李")

    sent = http.requests[0].headers["X-Number"]
    assert sent.encode("latin-1").decode() == "+1 X-Evil: 李"


def test_an_id_may_be_in_a_header(acme):
    operations = {
        "createCallLog": {
            "method": "POST",
            "url": "/phonecall",
            "headers": {"Prefer": "transient"},
            "responseMapping": {"idPath": "headers.location|after:'/'"},
        }
    }
    there = {"Location": "https://api.acme.example/v1/phonecall/4711"}
    crm, http = acme(operations, (204, "", there))

    assert create_call_log(crm, owner=None) == "4711"
    assert http.requests[0].headers["Prefer"] == "transient"
    assert http.requests[0].body is None


def test_failing_rule_leaves_the_outcome_unknown(acme):
    rule = {"when": "{{body.code|number}}", "means": "refused"}
    create = {"createCallLog": {"method": "POST", "url": "/calls"}}
    reply = {"code": "no number", "id": 1}
    crm, _ = acme(create, (201, reply), (422, reply), errors=[rule])

    with pytest.raises(UnknownOutcome, match="number cannot be applied"):
        create_call_log(crm, owner=None)
    with pytest.raises(PermanentError, match="HTTP 422"):
        create_call_log(crm, owner=None)


def test_user_without_an_id_stops_no_other(acme):
    operations = {"getUserList": {"url": "/users"}}
    users = [{"id": None, "name": "Bob"}, {"id": 7, "name": "Eva"}, {"name": "Ann"}]

    crm, _ = acme(operations, (200, users))

    assert [user.id for user in crm.get_user_list()] == ["", "7", ""]


def test_list_in_which_no_user_has_an_id_is_refused(acme):
    crm, _ = acme({"getUserList": {"url": "/users"}}, (200, [{"uid": 7}]))

    with pytest.raises(PermanentError, match="no id at id"):
        crm.get_user_list()


def test_update_sends_what_changed_and_knows_what_was_before(acme):
    crm, transport = acme(
        {
            "updateCallLog": {
                "method": "PATCH",
                "url": "/calls/{{thirdPartyLogId}}",
                "body": {
                    "seconds": "{{changed.duration}}",
                    "outcome": "{{changed.result}}",
                    "audio": "{{changed.recordingLink}}",
                    "before": "{{previous.duration}}",
                },
            }
        },
        (200, {}),
    )
    before = replace(SAMPLE_CALL, duration_seconds=5)
    link = "https://recordings.example.com/1"

    call = replace(SAMPLE_CALL, recording_url=link, previous=before)
    crm.update_call_log("7", call, composed_log_details=None)
    crm.update_call_log("7", replace(call, previous=call), composed_log_details=None)
    crm.update_call_log("7", SAMPLE_CALL, composed_log_details=None)

    changed, everything = (json.loads(request.body) for request in transport.requests)
    assert changed == {"seconds": 65, "audio": link, "before": 5}
    assert everything == {"seconds": 65, "outcome": "Accepted"}


def test_right_to_create_records_is_checked(acme):
    rule = {
        "when": "{{body.permissions|contains:'calls:write'|not}}",
        "means": "refused",
        "message": "the key may not write calls",
    }
    operations = {"checkCallLogAccess": {"url": "/me", "errors": [rule]}}
    crm, _ = acme(
        operations,
        (200, {"permissions": ["calls:write"]}),
        (200, {"permissions": ["calls:read"]}),
    )

    assert crm.implements("check_call_log_access")
    crm.check_call_log_access()
    with pytest.raises(PermanentError, match="the key may not write calls"):
        crm.check_call_log_access()


def test_new_contact_may_belong_to_the_owner(acme):
    body = {"name": "{{newContactName}}", "owner": "{{assignee.id}}"}
    operations = {"createContact": {"method": "POST", "url": "/c", "body": body}}
    crm, http = acme(operations, (201, {"id": 1}), (201, {"id": 2}))

    crm.create_contact("+1", name="New", owner=SAMPLE_OWNER)
    assert json.loads(http.last_body) == {"name": "New", "owner": "4711"}
    crm.create_contact("+1", name="New")
    assert json.loads(http.last_body) == {"name": "New"}


def test_new_contact_has_the_type_that_the_document_names(acme):
    mapping = {"type": "person"}
    create = {"method": "POST", "url": "/c", "body": {}, "responseMapping": mapping}
    crm, _ = acme({"createContact": create}, (201, {"id": 1, "type": "individual"}))

    assert crm.create_contact("+1", name="New").type == "person"


def test_record_is_read_at_its_contact(acme):
    operations = {
        "getCallLog": {
            "url": "/contacts/{{contactInfo.id}}/notes",
            "responseMapping": {
                "subjectPath": "body[id=$.thirdPartyLogId].0.title",
                "fullBodyPath": "body[id=$.thirdPartyLogId].0.text",
            },
        }
    }
    notes = [
        {"id": 1, "text": "no", "title": "N"},
        {"id": 2, "text": "yes", "title": "Y"},
    ]
    crm, http = acme(operations, (200, notes))

    record = crm.get_call_log("2", contact=SAMPLE_CONTACT)

    assert (record.subject, record.full_body) == ("Y", "yes")
    assert http.requests[0].url.endswith("/contacts/77/notes")


@pytest.mark.parametrize(
    "body",
    [
        {"text": "{{composedLogDetails}}", "title": "{{subject}}"},
        {"data": [{"fields": {"text": "{{composedLogDetails}}"}}]},
        {
            "data": {
                "type": "call",
                "id": "{{thirdPartyLogId|number}}",
                "attributes": {"text": "{{composedLogDetails}}", "by": "{{platform}}"},
            }
        },
        {"text": {"$when": "{{composedLogDetails}}", "$then": "new"}, "open": False},
        {
            "$when": "{{composedLogDetails}}",
            "type": "call",
            "text": "{{composedLogDetails}}",
        },
    ],
)
def test_update_with_nothing_to_change_is_not_sent(acme, body):
    update = {"method": "PATCH", "url": "/calls/{{thirdPartyLogId}}", "body": body}
    crm, http = acme({"updateCallLog": update}, (200, {}))

    crm.update_call_log("5", SAMPLE_CALL, composed_log_details=None)
    assert http.requests == []
    crm.update_call_log("5", SAMPLE_CALL, composed_log_details="new")
    assert len(http.requests) == 1


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"body": {}},
        {"body": {"closed": True}},
        {"body": {"id": "{{thirdPartyLogId}}", "closed": True}},
    ],
)
def test_update_without_values_of_the_call_is_sent(acme, members):
    update = {"method": "POST", "url": "/calls/{{thirdPartyLogId}}/close", **members}
    crm, http = acme({"updateCallLog": update}, (200, {}))

    crm.update_call_log("5", SAMPLE_CALL, composed_log_details=None)
    assert len(http.requests) == 1


def test_condition_decides_about_query_header_form_and_step(acme):
    wanted = {"$when": {"any": ["{{contactInfo.type|is:'Lead'}}"]}, "$then": "lead"}
    steps = [
        {
            "name": "look",
            "url": "/look",
            "when": {"all": ["{{assignee}}", "{{subject}}"]},
        },
        {
            "name": "call",
            "method": "POST",
            "url": "/calls",
            "creates": True,
            "query": {"kind": wanted, "n": 1},
            "headers": {"X-Kind": wanted},
            "bodyFormat": "form",
            "body": {"kind": wanted, "marker": "{{marker}}"},
        },
    ]
    crm, http = acme({"createCallLog": {"steps": steps}}, (201, {"id": 1}))
    lead = Contact(id="3", name="L", type="Lead")

    create_call_log(crm, owner=None)
    crm.create_call_log(SAMPLE_CALL, contact=lead, owner=None, composed_log_details="")

    contact, lead = http.requests
    assert contact.url.endswith("/calls?n=1")
    assert "X-Kind" not in contact.headers
    assert contact.body == "marker=rc%3Asample"
    assert lead.url.endswith("/calls?kind=lead&n=1")
    assert lead.headers["X-Kind"] == "lead"
    assert lead.body == "kind=lead&marker=rc%3Asample"


@pytest.mark.parametrize(
    ("uses", "declared", "length"),
    [
        ({"text": "{{composedLogDetails}}"}, None, None),
        ({"text": "{{composedLogDetails}}"}, 4000, 4000),
        ({"text": "{{composedLogDetails|cut:'400'}}"}, None, 400),
        ({"text": "{{composedLogDetails|cut:'400'}}"}, 300, 300),
        ({"text": "{{composedLogDetails|cut:'400'}} {{marker}}"}, 4000, 400),
        (
            {
                "title": "{{composedLogDetails|cut:'50'}}",
                "text": "{{composedLogDetails|cut:'400'}}",
            },
            None,
            400,
        ),
        (
            {
                "title": "{{composedLogDetails|cut:'50'}}",
                "text": "{{composedLogDetails}}",
            },
            None,
            None,
        ),
    ],
)
def test_text_is_as_long_as_the_document_lets_it_be(acme, uses, declared, length):
    create = {"method": "POST", "url": "/calls", "body": uses}
    members = {} if declared is None else {"maxTextLength": declared}

    crm, _ = acme({"createCallLog": create}, (201, {"id": 7}), **members)

    assert crm.max_text_length == length


def test_update_that_the_crm_cannot_do_says_why_and_sends_nothing(write, connect):
    why = "Acme lets nobody change a call once it is logged"
    document = write({"updateCallLog": {"unsupported": why}})
    connector, transport = connect(document, (200, {}))
    longer = replace(SAMPLE_CALL, duration_seconds=90, previous=SAMPLE_CALL)

    with pytest.raises(NotSupported, match=rf"^{why}\.$"):
        connector.update_call_log("7", longer, composed_log_details="New")

    assert transport.requests == []
