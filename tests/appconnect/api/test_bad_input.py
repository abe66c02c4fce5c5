"""Bad requests: every endpoint refuses them in the contract's envelopes, and changes nothing.

The tests walk the URLs, so that a new endpoint is covered the day it is added.
"""

import json
import time
import uuid
from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from joserfc import jwt
from joserfc.jwk import OctKey

from appconnect.api import urls
from appconnect.api.base.authentication import issue_user_jwt
from appconnect.api.base.body import BodyParser
from appconnect.organizations.models.sealed import derive_key
from tests.house.test_access import OPEN_TO_EVERYBODY
from tests.support.walk import path_of, tables

METHODS = ("get", "post", "put", "patch")
MEMBERS = (
    *("additionalFieldValues", "additionalInfo", "additionalSubmission", "apiKey"),
    *("adminSettings", "contactId", "contactName", "dispositions", "duration", "note"),
    *("extensionNumber", "hashedExtensionId", "logInfo", "newContactName", "platform"),
    *("newContactType", "phoneNumber", "rcAccessToken", "rcExtensionId", "startTime"),
    *("rcExtensionList", "sessionId", "settingKeysToRemove", "userSettings"),
)
"""All that the endpoints read, so that each gets a wrong value for each of its members."""
BODIES = {
    "empty": b"",
    "no JSON": b"{'a': 1}",
    "no UTF-8": b'{"note": "\xff"}',
    "a lone surrogate": b'{"sessionId": "1", "note": "\\ud800"}',
    "a NUL": b'{"sessionId": "1", "note": "a\\u0000b"}',
    "ten thousand levels": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "as many lists": b"[" * 10_000 + b"]" * 10_000,
    "a number of ten thousand digits": b'{"duration": ' + b"9" * 10_000 + b"}",
    **{name: name.encode() for name in ("null", "3", "[]", "{}", '"text"', "true")},
}
WRONG = (None, 3, -1, True, 1e308, [], [[]], [3], {}, {"a": 1}, "", "x" * 5000)
WRONG_TEXTS = (
    json.dumps({"a": [{"b": 1}] * 3}),
    "1e999",
    '{"value":' * 500 + "1" + "}" * 500,
)


def endpoints() -> list:
    """Return method and pattern of all that the API answers."""
    found = []
    for pattern in urls.urlpatterns:
        view = getattr(pattern.callback, "view_class", None)
        found += [
            pytest.param(method, pattern, id=f"{method} {pattern.name}")
            for method in METHODS
            if view is None or hasattr(view, method)
        ]
    return found


def endpoints_where(condition: Callable) -> pytest.MarkDecorator:
    chosen = [param for param in endpoints() if condition(*param.values)]
    return pytest.mark.parametrize(("method", "pattern"), chosen)


def most_bytes(pattern) -> int:
    view = getattr(pattern.callback, "view_class", None)
    return getattr(view, "max_body_bytes", 1024 * 1024)


every_endpoint = endpoints_where(lambda _method, _pattern: True)


@pytest.fixture
def path(pattern) -> str:
    return path_of(
        pattern,
        dict.fromkeys(
            ("call", "mapping", "subscription", "channel", "member", "uidb64", "token"),
            uuid.uuid4(),
        ),
    )


@pytest.fixture
def all_rows(db) -> Iterator[Callable[[], dict[str, list]]]:
    """Give a function that returns all rows; it reads them again after a write only."""
    rows: dict[str, list] = {}

    def forget_at_a_write(execute, sql, params, many, context):
        if not sql.startswith(("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK")):
            rows.clear()
        return execute(sql, params, many, context)

    def all_rows() -> dict[str, list]:
        if not rows:
            rows.update(read_rows())
        return dict(rows)

    with connection.execute_wrapper(forget_at_a_write):
        yield all_rows


def read_rows() -> dict[str, list]:
    """Return all rows except request counts, and without the time of an admin's proof."""
    stored = tables()
    del stored["organizations_attempts"]
    for session in stored["organizations_crmsession"]:
        del session["admin_proved_at"]
    return stored


def check(reply, case: str) -> None:
    body = reply.content.decode()
    assert reply.status_code < 500 or reply.status_code == 503, (case, body)
    assert "unexpected error" not in body, (case, body)
    assert "Traceback" not in body, case


@every_endpoint
def test_unreadable_body_is_refused_and_changes_nothing(
    call, crm_session, method, path, all_rows
):
    before = all_rows()
    for case, body in BODIES.items():
        reply = call(method.upper(), path, body)

        check(reply, case)
        if reply.status_code >= 400:
            assert all_rows() == before, case
        if reply.headers["Content-Type"] == "application/json" and reply.content:
            json.loads(reply.content)
        if path == "/unAuthorize":
            crm_session.save(force_insert=True)


@every_endpoint
def test_member_of_another_type_breaks_nothing(
    call, crm_session, method, path, all_rows
):
    texts = (*map(json.dumps, WRONG), *WRONG_TEXTS)
    for text in texts:
        wrong = "{" + ", ".join(f'"{name}": {text}' for name in MEMBERS) + "}"
        before = all_rows()

        reply = call(method.upper(), path, wrong.encode())

        check(reply, text[:40])
        if reply.status_code >= 400:
            assert all_rows() == before, text[:40]
        if path == "/unAuthorize":
            crm_session.save(force_insert=True)


@endpoints_where(lambda method, _pattern: method == "get")
def test_query_of_another_shape_breaks_nothing(
    call, crm_session, method, path, all_rows
):
    names = (
        "phoneNumber",
        "sessionIds",
        "rcAccountId",
        "platform",
        "callbackUri",
        "code",
    )
    for value in ("", "%00", "%FF%FE", "x" * 3000, "%F0%9F%98%80", "[]", "%2B"):
        query = "&".join(f"{name}={value}" for name in names)
        before = all_rows()

        reply = call(method.upper(), f"{path}?requireDetails=true&{query}", {})

        check(reply, value[:20])
        if reply.status_code >= 400:
            assert all_rows() == before, value[:20]
        if path == "/unAuthorize":
            crm_session.save(force_insert=True)


@endpoints_where(lambda _method, pattern: most_bytes(pattern) <= 5 * 1024 * 1024)
def test_too_long_body_is_refused_unread(
    call, connected, method, path, pattern, all_rows
):
    before = all_rows()

    reply = call(method.upper(), path, b'"' + b"x" * most_bytes(pattern) + b'"')

    check(reply, "too long")
    assert reply.status_code == 413 or not hasattr(pattern.callback, "view_class")
    assert all_rows() == before


@pytest.mark.parametrize(
    "path",
    ["/admin/settings", "/admin/userMapping", "/admin/reinitializeUserMapping"],
)
def test_long_body_is_parsed_for_an_admin_alone(
    call, crm_session, sandbox, monkeypatch, path
):
    body, agent, parsed = (
        b"[" + b"[]," * 400_000 + b"1]",
        sandbox.access_token("102"),
        [],
    )

    def parse(*_args, **_kwargs) -> dict:
        parsed.append(path)
        return {}

    monkeypatch.setattr(BodyParser, "parse", parse)

    refused = call("POST", path, body, rc_token="")
    assert refused.status_code == 413
    assert "in the X-RC-Access-Token header" in refused.json()["error"]
    assert call("POST", path, body, rc_token=agent).status_code == 403
    query = call("POST", f"{path}?rcAccessToken={agent}", body, rc_token="")
    assert query.status_code == 403
    assert not parsed

    call("POST", path, body)
    assert parsed.pop() == path
    call("POST", path, body, rc_token="")  # an old client's, after the last proof
    assert parsed.pop() == path


def forge(crm_session, *, purpose="userJwt", algorithm="HS256", **changes) -> str:
    claims = {
        "id": crm_session.user_id,
        "platform": crm_session.platform,
        "exp": int(time.time()) + 3600,
        **changes,
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    key = OctKey.import_key(derive_key(purpose))
    return jwt.encode({"alg": algorithm}, claims, key, algorithms=[algorithm])


@endpoints_where(
    lambda _method, pattern: f"api:{pattern.name}" not in OPEN_TO_EVERYBODY
)
def test_invalid_token_opens_nothing(
    call, crm_session, sandbox, method, path, pattern, all_rows
):
    good = issue_user_jwt(crm_session)
    asked_before = len(sandbox.asked("/crm/api"))
    before = all_rows()
    for case, token in {
        "expired": forge(crm_session, exp=int(time.time()) - 1),
        "without an end": forge(crm_session, exp=None),
        "of another purpose": forge(crm_session, purpose="userInfoHash"),
        "of another algorithm": forge(crm_session, algorithm="HS512"),
        "of an unknown platform": forge(crm_session, platform="nothing"),
        "of no session": forge(crm_session, id=f"{uuid.uuid4()}-sandbox"),
        "of a list": forge(crm_session, id=[1], platform={}),
        "changed": good[:-2] + ("AA" if good[-2:] != "AA" else "BB"),
        "nonsense": "a.b.c",
        "not ASCII": "ä" * 10,
        "long": "x" * 5000,
    }.items():
        for way in ("header", "query"):
            address = path if way == "header" else f"{path}?jwtToken={token}"
            headed = token.encode().decode("latin-1") if way == "header" else ""

            reply = call(method.upper(), address, {}, jwt=headed, rc_token=" ")

            check(reply, case)
            is_refusal = reply.status_code in (400, 401, 403, 404, 405)
            is_refusal |= "returnMessage" in reply.content.decode()
            is_refusal |= reply.content == b'{"successful":false}'
            is_refusal |= b"You are signed out of the CRM." in reply.content
            assert is_refusal, (case, way, reply.content)
            assert b"jwtToken" not in reply.content
    assert all_rows() == before
    assert len(sandbox.asked("/crm/api")) == asked_before


@every_endpoint
def test_session_of_another_organization_changes_nothing(
    call, connected, stranger, method, path, all_rows
):
    other = stranger.organization
    session = other.crm_sessions.create(
        platform="sandbox", crm_user_id="u1", extension_id="1"
    )
    before = all_rows()

    reply = call(
        method.upper(), path, {"adminSettings": {}}, jwt=issue_user_jwt(session)
    )

    check(reply, "another organization")
    if path.startswith("/admin/"):
        assert (reply.status_code, reply.content) == (403, b"Admin validation failed")
    ours = {"organization_id": connected.pk}
    for name, rows in all_rows().items():
        was = [row for row in before[name] if ours.items() <= row.items()]
        assert [row for row in rows if ours.items() <= row.items()] == was


def test_walk_covers_every_method():
    names = {param.id for param in endpoints()}

    assert {"get admin-settings", "put call-disposition", "patch call-log"} <= names
