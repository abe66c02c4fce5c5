"""Whatever an organization's admin asks with another's ids, the other's stay its own.

`tests/house/test_access.py` asks for each page that has an id in its address; here the ids are
in the forms, the queries and the bodies too.
"""

from collections.abc import Iterator

import pytest

from appconnect.api import urls as api
from appconnect.api.base.authentication import issue_user_jwt
from appconnect.calls.models import CrmRecord
from appconnect.organizations.models import Extension, ServerLoggingSettings
from tests.appconnect.api.described import body_examples, find_operation
from tests.security.rows import NUMBER, fill
from tests.support.walk import body_of, crawl, forms_of, path_of, tables

MARK = "told-to-us-only"
METHODS = ("get", "post", "put", "patch", "delete")
OUR_NUMBER = "+14155559876"
OUR_USER, OUR_HOST = "our-api-user", "our-crm.example.com"
EVERYBODYS = {
    *("preload-settings", "refresh-info", "implemented-interfaces", "user-info-hash"),
    *("crm-manifest", "server-version-info", "is-alive", "healthz", "readyz"),
    *("metrics", "openapi", "docs", "release-notes"),
    *("message-log-match", "account-data", "call-down"),
    "managed-auth-state",
}
"""They give and take nothing of one organization."""
NOT_REACHED = {
    *("user-mapping", "reinitialize-user-mapping", "license-status", "message-log"),
    *("auth-validation", "call-disposition", "api-key-login", "oauth-callback"),
    *("service-sign-in", "contact-by-name", "admin-sign-in"),
    "user-report",  # has no name of anybody
    "webhook",  # needs the token of the subscription
}
"""Nearly all ask the CRM or RingCentral first, and nobody answers here."""
NOBODYS = {"organizations_session", "organizations_attempts", "auth_user"}
"""Tables whose rows are of no organization, or of the person who asks."""


@pytest.fixture
def ours(organization, logging_settings, member, ids, make_call):
    """An organization with a row of every model, its name and its text in each."""
    fill(organization, make_call, lambda name: MARK)
    Extension.objects.update(name=MARK)
    for user in organization.crm_users.all():
        user.name, user.crm_user_id = MARK, f"{MARK}-{user.pk}"
        user.save()
    organization.name, organization.crm_hostname = MARK, OUR_HOST
    organization.save()
    [logged] = CrmRecord.objects.filter(organization=organization)[:1]
    logged.session_id, logged.record_id, logged.status = "4711", MARK, "LOGGED"
    logged.crm_hostname = organization.crm_hostname
    logged.extension_id = organization.ringcentral_connection.extension_id
    logged.save()
    for settings in organization.server_logging_settings.all():
        settings.additional_field_values = {"apiUsername": OUR_USER, "apiPassword": "x"}
        settings.save()
    for number in organization.do_not_log_numbers.all():
        number.number = OUR_NUMBER
        number.save()
    return organization


@pytest.fixture
def theirs(ours, stranger):
    """The other organization, whose admin may do everything there."""
    other = stranger.organization
    ServerLoggingSettings.objects.create(
        organization=other, platform="sandbox", logging_level="Account"
    )
    return other


def check_ours(before, ours, theirs) -> None:
    """Check that each row but theirs is there unchanged, and that we got no other."""
    for table, rows in tables().items():
        if table not in NOBODYS:
            gone = [row for row in before[table] if row not in rows]
            new = [row for row in rows if row not in before[table]]
            assert all(is_of(theirs, row) for row in gone), (table, gone)
            assert not any(is_of(ours, row) for row in new), (table, new)


def is_of(organization, row) -> bool:
    names = {str(organization.pk), organization.pk.hex}
    return not names.isdisjoint(map(str, row.values()))


def our_ids(ours) -> dict[str, object]:
    """Return what the endpoints are asked by, each naming something of ours."""
    call = ours.calls.first()
    asker = ours.ringcentral_connection.extension_id
    session = ours.crm_sessions.exclude(extension_id=asker).first()
    return {
        **{"sessionId": "4711", "sessionIds": "4711", "logId": "log-1"},
        **{"contactId": "c1", "contactName": "x"},
        "phoneNumber": NUMBER,
        "rcExtensionId": asker,
        **{"platform": ours.platform, "crmPlatform": ours.platform},
        "crmToken": issue_user_jwt(session),
        "rcAccountId": ours.rc_account_id,
        "accountId": ours.rc_account_id,
        "userId": session.user_id,
        "note": "x",
        **{"timeFrom": "2026-01-01T00:00:00Z", "timeTo": "2026-02-01T00:00:00Z"},
        "organization": str(ours.pk),
        "telephonySessionId": call.telephony_session_id,
    }


def requests_for(pattern, ids, asked: dict[str, object]) -> Iterator[tuple]:
    """Yield method, address and body: the description's examples, naming what is asked."""
    query = "&".join(f"{n}={v}" for n, v in asked.items() if n != "crmToken")
    path = path_of(pattern, ids)
    for method in METHODS:
        examples = body_examples(find_operation(method, path) or {})
        for example in examples or [{}]:
            body = naming(asked, asked | example)
            yield method, f"{path}?{query.replace('+', '%2B')}", body


def naming(asked: dict[str, object], body: object) -> object:
    """Return the body with each id that it has in the place of its own."""
    if isinstance(body, list):
        return [naming(asked, one) for one in body]
    if not isinstance(body, dict):
        return body
    return {
        name: asked[name] if name in asked else naming(asked, value)
        for name, value in body.items()
    }


@pytest.mark.parametrize("pattern", api.urlpatterns, ids=lambda p: p.name)
def test_no_endpoint_gives_or_takes_anything_of_ours(ask, ours, theirs, ids, pattern):
    before = tables()

    for method, address, body in requests_for(pattern, ids, our_ids(ours)):
        reply = ask(theirs, method, address, body)

        assert not tells_ours(reply), method
    check_ours(before, ours, theirs)


@pytest.mark.parametrize("pattern", api.urlpatterns, ids=lambda p: p.name)
def test_the_same_requests_work_for_us(ask, ours, ids, pattern):
    """Or the test before it could not fail."""
    ask(ours, "get", "/isAlive")  # makes the session that it asks in
    before, is_given = rows_of_ours(), False

    for method, address, body in requests_for(pattern, ids, our_ids(ours)):
        reply = ask(ours, method, address, body)
        is_given = is_given or tells_ours(reply)

    is_out = pattern.name in EVERYBODYS | NOT_REACHED
    assert (is_given or rows_of_ours() != before) != is_out


def tells_ours(reply) -> bool:
    ours = (MARK, OUR_NUMBER, OUR_USER, OUR_HOST)
    return any(text in body_of(reply) for text in ours)


def rows_of_ours() -> dict[str, list]:
    return {name: rows for name, rows in tables().items() if name not in NOBODYS}


def test_no_form_and_no_link_of_ours_works_for_them(
    client, ours, theirs, member, stranger, ids
):
    client.force_login(member.user)
    opened = dict(crawl(client, ids))
    forms = forms_of(opened.items())
    assert len(forms) > 60
    assert len(opened) > 60
    before = tables()

    for address in opened:
        client.force_login(stranger.user)
        assert MARK not in body_of(client.get(address, follow=True)), address
    for address, fields in forms:
        theirs.save()  # as it was: a form may have chosen another CRM
        client.force_login(stranger.user)
        reply = client.post(address, fields, follow=True)
        assert MARK not in body_of(reply), address
        assert reply.status_code < 500, address
    check_ours(before, ours, theirs)
