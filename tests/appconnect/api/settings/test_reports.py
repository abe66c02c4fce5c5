"""The client's reports, counted from the calls that are stored here."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest

from appconnect.api.base.authentication import issue_user_jwt
from appconnect.sandbox.ringcentral import seed
from connector.types import Direction
from tests.support.organization import connect_to_crm

REPORT, USER_REPORT = "/ringcentral/admin/report", "/ringcentral/admin/userReport"
BEN = seed.extension_id("102")


@pytest.fixture
def query(now):
    """Give a function that returns the query of a report of the last day."""

    def query(**changes) -> str:
        day = {
            "timezone": "UTC",
            "timeFrom": (now - timedelta(days=1)).isoformat(),
            "timeTo": now.isoformat(),
        }
        return f"?{urlencode(day | changes)}"

    return query


@pytest.fixture
def calls(make_call, now):
    """Ben: an answered call, a missed and an outbound one of 42 s each; Cleo: one."""
    make_call(extension="102")
    make_call(extension="102", result="Missed")
    make_call(extension="102", direction=Direction.OUTBOUND)
    make_call(extension="103", duration_seconds=600)
    make_call(extension="103", started_at=now - timedelta(days=2))


@pytest.fixture
def bens(connected) -> str:
    """The userJwt of somebody who is no admin."""
    key = seed.api_key_of("u2")
    return issue_user_jwt(connect_to_crm(connected, api_key=key, extension_id=BEN))


def test_company_is_one_line(call, calls, connected, query):
    report = call("GET", REPORT + query(groupBy="undefined")).json()

    [line] = report["callLogStats"]
    assert line["name"] == connected.name
    assert (line["inboundCallCount"], line["outboundCallCount"]) == (3, 1)
    assert (line["answeredCallCount"], line["answeredCallPercentage"]) == (2, "66.67%")
    assert (line["totalTalkTime"], line["averageTalkTime"]) == (12, 3)
    assert report["groupedBy"] == "Company"
    assert report["itemKeys"] == [connected.name]


def test_users_have_a_line_each(call, calls, query):
    report = call("GET", REPORT + query(groupBy="Users")).json()

    assert report["itemKeys"] == ["Ben Baker (102)", "Cleo Carter (103)"]
    counts = [line["inboundCallCount"] for line in report["callLogStats"]]
    assert counts == [2, 1]


def test_lines_of_users_add_up_to_the_companys(
    call, calls, connected, make_call, query
):
    connected.extensions.filter(extension_number__in=("102", "103")).update(
        name="Sales", extension_number=""
    )
    make_call(extension="")

    users = call("GET", REPORT + query(groupBy="Users")).json()
    [company] = call("GET", REPORT + query()).json()["callLogStats"]

    assert users["itemKeys"] == ["Sales ()", "Sales ()", "No extension"]
    counts = [line["inboundCallCount"] for line in users["callLogStats"]]
    assert sorted(counts) == [1, 1, 2]
    assert sum(counts) == company["inboundCallCount"]


def test_company_without_calls_has_zeros(call, query):
    [line] = call("GET", REPORT + query()).json()["callLogStats"]

    assert (line["inboundCallCount"], line["answeredCallPercentage"]) == (0, "0%")
    assert line["averageTalkTime"] == 0


def test_other_organizations_calls_are_not_counted(call, calls, stranger, query, now):
    just_now = now - timedelta(minutes=1)
    stranger.organization.calls.create(
        **{"telephony_session_id": "s-1", "direction": "Inbound", "extension_id": BEN},
        **dict.fromkeys(("started_at", "last_event_at", "received_at"), just_now),
    )

    [line] = call("GET", REPORT + query()).json()["callLogStats"]
    bens = call("GET", USER_REPORT + query(rcExtensionId=BEN)).json()["callLogStats"]
    assert (line["inboundCallCount"], bens["inboundCallCount"]) == (3, 2)


def test_everybody_sees_their_own_calls(call, calls, bens, sandbox, query):
    reply = call("GET", USER_REPORT + query(rcExtensionId="~"), jwt=bens, rc_token=" ")

    stats = reply.json()["callLogStats"]
    assert (stats["inboundCallCount"], stats["outboundCallCount"]) == (2, 1)
    assert stats["answeredCallPercentage"] == "50.00%"
    assert reply.json()["smsLogStats"] == {"smsSentCount": 0, "smsReceivedCount": 0}


def test_another_ones_calls_are_for_admins(call, calls, bens, sandbox, query):
    cleos = USER_REPORT + query(rcExtensionId=seed.extension_id("103"))

    refused = call("GET", cleos, jwt=bens, rc_token=sandbox.access_token("102"))

    assert (refused.status_code, refused.content) == (403, b"Admin validation failed")
    assert call("GET", cleos).json()["callLogStats"]["inboundCallCount"] == 1


def test_company_report_is_for_admins(call, bens, sandbox, query):
    token = sandbox.access_token("102")

    assert call("GET", REPORT + query(), jwt=bens, rc_token=token).status_code == 403


@pytest.mark.parametrize("path", [REPORT, USER_REPORT])
@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"timeFrom": ""}, "timeFrom"),
        ({"timeTo": "today"}, "timeTo"),
        ({"timeFrom": "2024-01-01T00:00:00Z"}, "timeTo"),
        ({"timeTo": "2024-01-01T00:00:00Z"}, "timeTo"),
        ({"timeFrom": "9999-12-31T23:59:59Z"}, "timeFrom"),
        (
            dict.fromkeys(("timeFrom", "timeTo"), "9999-12-31T23:59:59-23:00"),
            "timeFrom",
        ),
    ],
)
def test_wrong_range_is_a_bad_request(call, crm_session, query, path, changes, named):
    reply = call("GET", path + query(**changes))

    assert reply.status_code == 400
    assert named in reply.json()["error"]


@pytest.mark.parametrize("path", [REPORT, USER_REPORT])
def test_session_is_needed(call, gone, query, path):
    assert b"authorize CRM platform" in call("GET", path + query(), jwt="").content
    assert call("GET", path + query(), jwt=gone).content == b"User not found"
