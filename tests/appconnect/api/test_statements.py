"""How many SQL statements and commits each hot route costs, once the process is warm."""

import json
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from appconnect.api.base.authentication import issue_user_jwt
from appconnect.organizations.models import LoggingSubscription, Organization
from appconnect.sandbox.ringcentral import seed
from tests.support.helpers import ROOT

CAPTURED = ROOT / "tests/support/data/ringcentral/call-control-js"
NOTIFICATION = CAPTURED / "telephonySessionOutboundDisconnectedMessage.json"
TOKEN = "a secret verification token"
SUBSCRIPTION = "8d5c0c7e-7a53-4e39-9d3c-0f4c0d5f3a10"
ACCOUNT = {"apiUsername": "service", "apiPassword": "sandbox"}
CONTACT_ID, CONTACT_NAME, CONTACT_NUMBER = seed.CONTACTS[0][:3]
WRITES = ("INSERT", "UPDATE", "DELETE")
COSTS = {
    "GET /isAlive": (0, 0),
    "GET /implementedInterfaces": (0, 0),
    "GET /admin/serverLoggingSettings": (1, 0),
    "POST /admin/serverLoggingSettings": (6, 1),
    "GET /user/settings": (3, 0),
    "GET /contact known": (2, 0),
    "GET /contact new": (5, 2),
    "GET /callLog": (2, 0),
    "GET /callLog with details": (3, 0),
    "POST /callLog": (8, 2),
    "PATCH /callLog": (5, 1),
    "POST /callLog/cacheNote": (3, 1),
    "POST /webhooks/ringcentral/<secret>/": (4, 1),
}
"""Route → statements, and commits of transactions that write."""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("route", COSTS)
def test_request_costs_no_more_statements_and_commits(route, crm_session, admin_token):
    headers = {
        "Authorization": f"Bearer {issue_user_jwt(crm_session)}",
        "X-RC-Access-Token": admin_token,
        "Verification-Token": TOKEN,
    }
    subscribe(crm_session.organization)
    client = Client()
    logged = ("POST", "/callLog", call_to_log("logged"))
    for request in (logged, request_of(route, 1), request_of(route, 2)):
        with CaptureQueriesContext(connection) as captured:
            method, path, body = request
            reply = client.generic(
                method,
                path,
                json.dumps(body),
                content_type="application/json",
                headers=headers,
            )
        assert reply.status_code == 200, reply.content
        if b"successful" in reply.content:
            assert reply.json()["successful"] is True, reply.content

    statements = [query["sql"] for query in captured if is_statement(query["sql"])]
    costs = len(statements), count_commits([query["sql"] for query in captured])
    assert costs == COSTS[route], "\n".join(statements)


def subscribe(organization: Organization) -> None:
    LoggingSubscription.objects.create(
        pk=SUBSCRIPTION,
        organization=organization,
        event_filter="/restapi/v1.0/account/~/telephony/sessions",
        verification_token_hash=LoggingSubscription.hash_token(TOKEN),
    )


def request_of(route: str, number: int) -> tuple[str, str, object]:
    """Return method, path and body of a request; `number` makes it another one."""
    method, path = route.split()[:2]
    known = f"/contact?phoneNumber={quote(CONTACT_NUMBER)}"
    requests = {
        "GET /implementedInterfaces": (f"{path}?platform=sandbox", None),
        "GET /contact known": (known, None),
        "GET /contact new": (f"/contact?phoneNumber=%2B1628{number:07}", None),
        "GET /callLog": ("/callLog?sessionIds=logged", None),
        "GET /callLog with details": (
            "/callLog?sessionIds=logged&requireDetails=true",
            None,
        ),
        "POST /admin/serverLoggingSettings": (
            path,
            {"additionalFieldValues": ACCOUNT},
        ),
        "POST /callLog": (path, call_to_log(f"new-{number}")),
        "PATCH /callLog": (path, {"sessionId": "logged", "note": f"Offer {number}"}),
        "POST /callLog/cacheNote": (path, {"sessionId": f"{number}", "note": "Offer"}),
        "POST /webhooks/ringcentral/<secret>/": (
            f"/webhooks/ringcentral/{SUBSCRIPTION}/",
            notification(number),
        ),
    }
    return (method, *requests.get(route, (path, None)))


def call_to_log(session_id: str) -> dict:
    info = {
        "sessionId": session_id,
        "telephonySessionId": f"s-{session_id}",
        "direction": "Inbound",
        "from": {"phoneNumber": CONTACT_NUMBER},
        "to": {"extensionNumber": seed.ADMIN_EXTENSION},
        "startTime": timezone.now().isoformat(),
        "duration": 61,
        "result": "Accepted",
    }
    return {"logInfo": info, "contactId": CONTACT_ID, "contactName": CONTACT_NAME}


def notification(number: int) -> dict:
    """Return the end of a call that is not known yet."""
    payload = json.loads(NOTIFICATION.read_text())
    payload["ownerId"] = seed.extension_id(seed.ADMIN_EXTENSION)
    payload["body"]["eventTime"] = timezone.now().isoformat()
    payload["body"]["telephonySessionId"] = f"s-{number}"
    return payload


def is_statement(sql: str) -> bool:
    words = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
    return not sql.startswith(words)


def count_commits(queries: list[str]) -> int:
    """Return how many transactions write; a statement outside of one is one of its own."""
    commits, in_transaction, has_written = 0, False, False
    for sql in map(str.strip, queries):
        if sql.startswith("BEGIN"):
            in_transaction, has_written = True, False
        elif sql.startswith("COMMIT"):
            commits += has_written
            in_transaction = False
        elif sql.startswith(WRITES):
            has_written = True
            commits += not in_transaction
    return commits
