"""The sandbox over HTTP, compared with what RingCentral documents."""

import re
import time

import pytest
import requests

from appconnect.sandbox.ringcentral import seed

CALL_LOG = "/restapi/v1.0/account/~/call-log"
OWN_CALL_LOG = "/restapi/v1.0/account/~/extension/~/call-log"
SUBSCRIPTION = "/restapi/v1.0/subscription"
EXTRACT_SYNC = "/restapi/v1.0/account/~/call-log-extract-sync?recordCount=100"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
FILTER = "/restapi/v1.0/account/~/telephony/sessions"


@pytest.fixture
def token(sandbox) -> str:
    return sandbox.access_token("101")


def records(sandbox, token, path=CALL_LOG, **params) -> list[dict]:
    query = requests.compat.urlencode({"view": "Detailed", **params})
    joint = "&" if "?" in path else "?"
    return sandbox.get(f"{path}{joint}{query}", token).json()["records"]


def reminder(threshold: int, interval: int) -> str:
    return f"{SUBSCRIPTION}/~?threshold={threshold}&interval={interval}"


def subscribe(sandbox, token, **delivery) -> requests.Response:
    filters = [delivery.pop("event_filter", FILTER)]
    return requests.post(
        sandbox.url + SUBSCRIPTION,
        json={
            "eventFilters": delivery.pop("event_filters", filters),
            "deliveryMode": {"transportType": "WebHook", **delivery},
        },
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
    )


def code_of(reply: requests.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["errors"][0]["errorCode"]


def test_fresh_sandbox_has_the_people_the_readme_lists(sandbox, token):
    people = sandbox.get(
        "/restapi/v1.0/account/~/extension?type=User&type=DigitalUser", token
    ).json()["records"]
    emails = {e["contact"]["email"].casefold() for e in people}

    assert len(people) == 8
    assert len(seed.CRM_USERS) == 8
    assert len(seed.CONTACTS) == 12
    assert len(emails & {email.casefold() for *_, email in seed.CRM_USERS}) == 6


def test_record_appears_late_provisional_then_final(sandbox, token):
    session = sandbox.make_call("inbound_answered")
    sandbox.advance(4)
    assert records(sandbox, token) == []

    sandbox.advance(1.1)
    [provisional] = records(sandbox, token)
    assert (provisional["result"], provisional["finished"]) == ("In Progress", False)

    sandbox.advance(1.1)
    [final] = records(sandbox, token)
    assert (final["result"], final["finished"]) == ("Accepted", True)
    assert final["id"] == provisional["id"]
    assert final["telephonySessionId"] == session
    assert "extension" not in final, "at account level it is in the legs only"


def test_call_log_filters_by_session_and_time_and_pages(sandbox, token):
    sessions = [sandbox.make_call("missed") for _ in range(5)]
    sandbox.advance(10)

    one = records(sandbox, token, telephonySessionId=sessions[2])
    assert [record["telephonySessionId"] for record in one] == [sessions[2]]
    assert records(sandbox, token, dateFrom="2099-01-01T00:00:00Z") == []
    page = sandbox.get(f"{CALL_LOG}?perPage=2&page=2", token).json()
    assert len(page["records"]) == 2
    assert "nextPage" in page["navigation"]
    assert "legs" not in page["records"][0], "only the detailed view has legs"


def test_call_log_without_date_covers_one_day(sandbox, token):
    sandbox.make_call("missed")
    sandbox.advance(25 * 3600)
    token = sandbox.access_token("101")

    assert records(sandbox, token) == []
    assert len(records(sandbox, token, dateFrom="2020-01-01T00:00:00Z")) == 1


def test_own_call_log_has_own_calls_only(sandbox, token):
    sandbox.make_call("missed", extension="101")
    sandbox.make_call("missed", extension="102")
    sandbox.advance(10)

    assert len(records(sandbox, token, OWN_CALL_LOG)) == 1
    assert len(records(sandbox, token)) == 2


def test_access_token_expires_after_an_hour(sandbox, token):
    assert sandbox.get(SUBSCRIPTION, token).status_code == 200

    sandbox.advance(3601)

    assert code_of(sandbox.get(SUBSCRIPTION, token)) == (401, "OAU-128")


def test_request_during_rate_limit_penalty_restarts_it(sandbox, token):
    for _ in range(10):
        assert sandbox.get(CALL_LOG, token).status_code == 200
    assert code_of(sandbox.get(CALL_LOG, token)) == (429, "CMN-301")

    sandbox.advance(40)
    assert sandbox.get(CALL_LOG, token).status_code == 429
    sandbox.advance(40)
    assert sandbox.get(CALL_LOG, token).status_code == 429
    sandbox.advance(61)
    assert sandbox.get(CALL_LOG, token).status_code == 200


@pytest.mark.parametrize(
    ("delivery", "code"),
    [
        ({"address": "http://127.0.0.1:9/"}, (400, "SUB-521")),
        ({"address": "SANDBOX/nowhere"}, (400, "SUB-522")),
        ({"address": "SANDBOX/healthz"}, (400, "SUB-525")),
        ({"event_filter": "/restapi/v1.0/account/~/presence"}, (400, "SUB-508")),
        ({"event_filter": reminder(60, 15)}, (400, "SUB-515")),
    ],
)
def test_subscription_needs_a_valid_webhook_and_filter(sandbox, token, delivery, code):
    delivery = {k: v.replace("SANDBOX", sandbox.url) for k, v in delivery.items()}

    assert code_of(subscribe(sandbox, token, **delivery)) == code


@pytest.mark.parametrize(
    "event_filter", [reminder(302401, 60), reminder(60, 31), reminder(60, 0)]
)
def test_reminder_outside_the_allowed_interval_is_refused(sandbox, token, event_filter):
    reply = subscribe(sandbox, token, event_filters=[FILTER, event_filter])

    assert code_of(reply) == (400, "SUB-508")


def test_deleted_record_is_returned_only_with_show_deleted(sandbox, token):
    session = sandbox.make_call("missed")
    sandbox.advance(10)
    [record] = records(sandbox, token)
    since = "&syncType=FSync&dateFrom=2020-01-01T00:00:00Z"

    sandbox.switch(deleteRecord=session)

    assert records(sandbox, token) == []
    assert records(sandbox, token, EXTRACT_SYNC + since) == []
    [deleted] = records(sandbox, token, EXTRACT_SYNC + since, showDeleted="true")
    assert (deleted["id"], deleted["deleted"]) == (record["id"], True)
    assert sandbox.get(f"{CALL_LOG}/{record['id']}", token).status_code == 404


def test_slow_reply_is_complete(sandbox, token):
    sandbox.switch(replies=[{"path": SUBSCRIPTION, "slowSeconds": 0.5}])
    began = time.monotonic()

    reply = sandbox.get(SUBSCRIPTION, token)

    assert reply.json() == {"records": []}
    assert time.monotonic() - began > 0.4


def test_rate_limited_refresh_does_not_rotate_the_token(sandbox):
    def request_token(**grant) -> requests.Response:
        client = (seed.CLIENT_ID, seed.CLIENT_SECRET)
        url = f"{sandbox.url}/restapi/oauth/token"
        return requests.post(url, data=grant, auth=client, timeout=60)

    jwt = {"grant_type": JWT_GRANT, "assertion": seed.jwt_of("101")}
    for _ in range(5):
        refresh_token = request_token(**jwt).json()["refresh_token"]
    grant = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    assert code_of(request_token(**grant)) == (429, "CMN-301")

    sandbox.advance(61)

    assert request_token(**grant).json()["refresh_token"] != refresh_token


def test_call_with_unknown_script_or_extension_is_refused(sandbox):
    url = f"{sandbox.url}/__sim/calls"

    script = requests.post(url, json={"script": "dance"}, timeout=60)
    extension = requests.post(
        url, json={"script": "missed", "extension": "999"}, timeout=5
    )

    assert "inbound_answered" in script.json()["error"]
    assert "999" in extension.json()["error"]


def test_phone_page_makes_a_call(sandbox):
    page = requests.get(sandbox.url, timeout=60)
    assert "Make a call" in page.text
    assert "joins the caller and the colleague.</option>" in page.text

    requests.post(
        sandbox.url,
        data={"script": "missed", "extension": "103", "outside": "+14155550103"},
        timeout=60,
    )

    assert "+14155550103" in requests.get(sandbox.url, timeout=60).text


@pytest.mark.parametrize(
    "path", ["/crm/", "/crm/?live=1", "/crm/users/", "/crm/contacts/c1/"]
)
def test_crm_page_renders(sandbox, path):
    assert requests.get(sandbox.url + path, timeout=60).status_code == 200


def test_contact_is_created_over_the_crm_api(sandbox):
    reply = requests.post(
        f"{sandbox.url}/crm/api/contacts",
        json={"name": "New", "phone": "+14155550199", "type": "Contact"},
        headers={"Authorization": f"Bearer {seed.api_key_of('u1')}"},
        timeout=60,
    )

    assert reply.status_code == 201
    page = requests.get(f"{sandbox.url}/crm/contacts/{reply.json()['id']}/", timeout=60)
    assert "New" in page.text


def test_pages_link_style_sheets_that_are_served(sandbox):
    page = requests.get(sandbox.url, timeout=60).text
    style_sheets = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)

    assert style_sheets
    for path in style_sheets:
        assert requests.get(sandbox.url + path, timeout=60).status_code == 200
