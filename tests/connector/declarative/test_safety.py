"""A document that does not fit what happens harms nobody: no stranger, no duplicate, no loss."""

import json
import logging

import pytest

from connector.errors import PermanentError, RateLimited, TemporaryError, UnknownOutcome
from connector.testing import SAMPLE_CALL, SAMPLE_CONTACT
from connector.testing.samples import create_call_log
from connector.types import SignInKeeper


def find(query, **members):
    return {"findContact": {"url": "/contacts", "query": query, **members}}


@pytest.mark.parametrize(
    ("form", "number", "sought"),
    [
        ("e164", "(415) 555-0101", "(415) 555-0101"),
        ("national", "(415) 555-0101", "(415) 555-0101"),
        ("international", "101", "101"),
        ("significant", "(415) 555-0101", "4155550101"),
        ("significant", "101", "101"),
        ("significant", "ext", "ext"),
        ("searchText", "+14155550101", "4155550101"),
        ("searchText", "(415) 555-0101", "(415) 555-0101"),
        ("searchText", "+1 (415) 555-0101", "+1 (415) 555-0101"),
        ("searchText", "101", "101"),
    ],
)
def test_number_of_another_format_is_searched(acme, form, number, sought):
    query = {"phone": f"{{{{parsedPhoneNumber.number.{form}}}}}", "n": form}
    crm, http = acme(find(query, method="POST", body=query), (200, []))

    assert crm.find_contact(number) == []
    assert json.loads(http.last_body) == {"phone": sought, "n": form}
    assert "phone=" in http.requests[0].url


@pytest.mark.parametrize(
    "template",
    [
        "{{parsedPhoneNumber.number.other}}",
        "{{phoneNumber|map:'1=2'}}",
        "+{{phoneNumber|digits}}",
    ],
)
def test_search_without_term_is_not_sent(acme, template):
    crm, http = acme(find({"phone": template}), (200, [{"id": 1}]))

    with pytest.raises(PermanentError, match="has no value"):
        crm.find_contact("anonymous")
    assert http.requests == []


def test_search_may_leave_out_an_unknown_country(acme):
    query = {
        "phone": "{{phoneNumber}}",
        "country": "{{parsedPhoneNumber.countryCode}}",
    }
    other = {"$when": "{{parsedPhoneNumber.number.other}}", "x": 1}
    crm, http = acme(find(query, method="POST", body={"all": other}), (200, []))

    assert crm.find_contact("101") == []
    assert http.requests[0].url.endswith("/contacts?phone=101")


LISTS = {
    "findContact": {"url": "/c", "responseMapping": {"listPath": "body.items"}},
    "findCallLogs": {"url": "/l", "responseMapping": {"listPath": "body.items"}},
    "getUserList": {"url": "/u", "responseMapping": {"listPath": "body.items"}},
}
GONE = {"status": 404, "means": "nothingFound"}


def search(crm, operation):
    if operation == "findCallLogs":
        return crm.find_call_logs("rc:x", contact=SAMPLE_CONTACT)
    return crm.find_contact("+1") if operation == "findContact" else crm.get_user_list()


@pytest.mark.parametrize("operation", LISTS)
@pytest.mark.parametrize("reply", [(204, ""), (404, {"error": "none"})])
def test_a_status_says_that_a_list_is_empty(acme, operation, reply):
    crm, _ = acme(LISTS, reply, errors=[GONE])

    assert search(crm, operation) == []


@pytest.mark.parametrize("operation", LISTS)
@pytest.mark.parametrize(
    "reply",
    [
        {"status": "error", "message": "Too many requests"},
        {"data": None, "errors": [{"message": "timeout"}]},
        {"items": None},
        {"items": {}},
        {"items": [], "errors": [{"message": "timeout"}]},
        {"items": [], "error": "busy"},
        {"items": [], "success": False},
        {"items": [], "status": "Error"},
    ],
)
def test_an_error_with_http_200_is_not_an_empty_list(acme, operation, reply):
    crm, _ = acme(LISTS, (200, reply), errors=[GONE])

    with pytest.raises(TemporaryError, match=f"for {operation}"):
        search(crm, operation)


ERRORS_INSIDE = [
    {"success": False, "message": "Unknown key"},
    {"data": None, "errors": [{"message": "Unknown key"}]},
    {"status": "error", "message": "Unknown key"},
]


@pytest.mark.parametrize("reply", ERRORS_INSIDE)
def test_an_error_with_http_200_is_no_success(acme, reply):
    operations = {
        "updateServerLoggingSettings": {"url": "/me"},
        "updateCallLog": {"method": "PATCH", "url": "/c/{{thirdPartyLogId}}"},
        "getCallLog": {"url": "/c/{{thirdPartyLogId}}"},
        "checkCallLogAccess": {"url": "/rights"},
    }
    crm, _ = acme(operations, (200, reply))

    for attempt in (
        lambda: crm.update_server_logging_settings({"user": "u"}),
        lambda: crm.update_call_log("1", SAMPLE_CALL, composed_log_details="x"),
        lambda: crm.get_call_log("1"),
        crm.check_call_log_access,
    ):
        with pytest.raises(TemporaryError, match="error inside") as caught:
            attempt()
        assert caught.value.reason == "Unknown key"


@pytest.mark.parametrize("reply", [(200, {"data": None}), (200, {}), (204, "")])
def test_reply_without_the_record_is_no_empty_text(acme, reply):
    mapping = {"fullBodyPath": "body.data.text"}
    operations = {"getCallLog": {"url": "/c", "responseMapping": mapping}}
    crm, _ = acme(operations, reply, (200, {"data": {"id": 1}}))

    with pytest.raises(TemporaryError, match=r"no record at body\.data\.text"):
        crm.get_call_log("1")
    assert crm.get_call_log("1").full_body == ""


def test_a_step_that_prepares_a_record_must_not_fail_with_http_200(acme):
    steps = [
        {"name": "kind", "url": "/kinds"},
        {"name": "call", "method": "POST", "url": "/calls", "creates": True},
    ]
    crm, http = acme({"createCallLog": {"steps": steps}}, (200, ERRORS_INSIDE[0]))

    with pytest.raises(TemporaryError):
        create_call_log(crm, owner=None)
    assert len(http.requests) == 1


def test_a_rule_may_say_that_an_error_inside_is_a_success(acme):
    rule = {"when": "{{body.status|is:'error'}}", "means": "success"}
    record = {"id": 1, "status": "error", "note": "text"}
    operations = {"getCallLog": {"url": "/c/{{thirdPartyLogId}}", "errors": [rule]}}
    crm, _ = acme(operations, (200, record))

    assert crm.get_call_log("1").full_body == "text"


def test_created_record_with_an_id_is_there_in_spite_of_an_error_inside(acme):
    create = {"createCallLog": {"method": "POST", "url": "/calls"}}
    crm, _ = acme(create, (200, {"id": 5, "errors": ["no reminder"]}))

    assert create_call_log(crm, owner=None) == "5"


def test_a_rule_may_say_that_a_missing_list_is_empty(acme):
    rule = {
        "when": {"all": ["{{body.items|not}}", "{{body.errors|not}}"]},
        "means": "nothingFound",
    }
    crm, _ = acme(LISTS, (200, {}), (200, {"errors": ["timeout"]}), errors=[rule])

    assert crm.find_contact("+1") == []
    with pytest.raises(TemporaryError):
        crm.find_contact("+1")


@pytest.mark.parametrize("last", [(204, ""), (404, {})])
def test_counted_pages_end_where_there_is_nothing(acme, last):
    users = {**LISTS["getUserList"], "paging": {"counted": True}}
    crm, _ = acme(
        {"getUserList": users}, (200, {"items": [{"id": 1}]}), last, errors=[GONE]
    )

    assert [user.id for user in crm.get_user_list()] == ["1"]


def test_missing_list_is_empty_only_on_the_first_page(acme):
    paging = {"nextPath": "body.next"}
    mapping = {"listPath": "body.items"}
    pages = find({"q": "{{phoneNumber}}"}, paging=paging, responseMapping=mapping)
    crm, _ = acme(pages, (200, {"items": [], "next": 2}), (404, {}), errors=[GONE])

    with pytest.raises(PermanentError):
        crm.find_contact("+1")


def test_look_up_ends_when_its_preparing_step_finds_nothing(acme):
    steps = [
        {"name": "number", "url": "/numbers/{{phoneNumber}}"},
        {
            "name": "person",
            "url": "/people/{{steps.number.body.person}}",
            "responseMapping": {"listPath": "body"},
        },
    ]
    crm, http = acme({"findContact": {"steps": steps}}, (404, {}), errors=[GONE])

    assert crm.find_contact("+1") == []
    assert len(http.requests) == 1


def test_with_oauth_settings_are_checked_with_the_current_sign_in(acme):
    auth = {"type": "oauth", "clientId": "a", "clientSecret": "s", "tokenUrl": "/t"}
    operations = {"updateServerLoggingSettings": {"url": "/me"}}
    crm, http = acme(operations, (200, {}), auth=auth)
    crm.sign_in_keeper = SignInKeeper({"access_token": "kept"})

    assert crm.update_server_logging_settings({"user": "u"}) == {"user": "u"}
    assert http.requests[0].headers["Authorization"] == "Bearer kept"


def test_list_must_report_whether_there_is_more(acme):
    users = {
        "url": "/users",
        "paging": {"counted": True, "morePath": "body.mroe"},
        "responseMapping": {"listPath": "body.users"},
    }
    reply = {"users": [{"id": 1}], "more": True}
    crm, _ = acme({"getUserList": users}, (200, reply))

    with pytest.raises(PermanentError, match=r"gave nothing at body\.mroe"):
        crm.get_user_list()


@pytest.mark.parametrize(
    ("wait", "seconds"),
    [(90, 90), (999_999, 86400), (1_772_493_305, None), (1_772_493_305_000, None)],
)
def test_rate_limit_lasts_a_day_at_most(acme, wait, seconds):
    rule = {"status": 400, "means": "rateLimited", "retryAfterPath": "body.wait"}
    crm, _ = acme(find({"q": "{{phoneNumber}}"}, errors=[rule]), (400, {"wait": wait}))

    with pytest.raises(RateLimited) as caught:
        crm.find_contact("+1")
    assert caught.value.retry_after == seconds


UNFIT = [
    pytest.param({"url": "https://[{{result}}"}, id="address"),
    pytest.param({"query": {"a": "\ud800"}}, id="query"),
    pytest.param({"headers": {"A": "\ud800"}}, id="header value"),
    pytest.param({"headers": {"A": ["{{result}}"]}}, id="header list"),
    pytest.param({"headers": {"A B\n": "x"}}, id="header name"),
    pytest.param({"body": {"a": float("inf")}}, id="number"),
    pytest.param({"auth": {"credentialTemplate": "\ud800"}}, id="credential"),
]


@pytest.mark.parametrize("members", UNFIT)
def test_unwritable_value_is_not_an_unknown_outcome(acme, members):
    create = {"method": "POST", "url": "/calls", **members}
    crm, http = acme({"createCallLog": create}, (201, {"id": 5}))

    with pytest.raises(PermanentError) as caught:
        create_call_log(crm, owner=None)
    assert not isinstance(caught.value, UnknownOutcome)
    assert http.requests == []


@pytest.mark.parametrize("members", UNFIT)
def test_unwritable_value_after_creation_keeps_the_record(acme, caplog, members):
    steps = [
        {"name": "call", "method": "POST", "url": "/calls", "creates": True},
        {"name": "more", "method": "POST", "url": "/calls", **members},
    ]
    crm, http = acme({"createCallLog": {"steps": steps}}, (201, {"id": 5}))

    with caplog.at_level(logging.WARNING):
        assert create_call_log(crm, owner=None) == "5"
    assert "steps[1] failed" in caplog.text
    assert len(http.requests) == 1


def test_reply_nested_too_deeply_is_a_failure(acme):
    crm, _ = acme(find({"phone": "{{phoneNumber}}"}), (200, "[" * 100_000))

    with pytest.raises(TemporaryError):
        crm.find_contact("+14155550101")
