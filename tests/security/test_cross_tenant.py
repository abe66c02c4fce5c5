"""XA-01: whatever an organization's admin asks with another's ids, the other's stay its own.

`tests/test_access.py` asks for each page that has an id in its address; here the ids are
in the forms, the queries and the bodies too.
"""

from urllib.parse import urljoin

import pytest

from appconnect.api import urls as api
from appconnect.api.authentication import issue_user_jwt
from appconnect.calls.models import CallLog
from appconnect.organizations.models import CrmSession, Extension, ServerLoggingSettings
from tests.security.rows import NUMBER, fill
from tests.walk import Page, body_of, crawl, path_of, tables

MARK = "told-to-us-only"
METHODS = ("get", "post", "put", "patch", "delete")
NOBODYS = {"django_session", "organizations_attempts", "auth_user"}
"""Tables whose rows are of no organization, or of the person who asks."""


@pytest.fixture
def ours(organization, logging_settings, member, ids, make_call_event):
    """An organization with a row of every model, its name and its text in each."""
    fill(organization, make_call_event, lambda name: MARK)
    CallLog.objects.update(session_id="4711", crm_log_id="log-1", extension_id="1")
    Extension.objects.update(name=MARK)
    for user in organization.crm_users.all():
        user.name, user.crm_user_id = MARK, f"{MARK}-{user.pk}"
        user.save()
    organization.name = MARK
    organization.save()
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
    call = ours.call_events.first()
    session = CrmSession.objects.filter(organization=ours).first()
    extension = ours.extensions.first()
    return {
        **{"sessionId": "4711", "sessionIds": "4711", "logId": "log-1"},
        **{"requireDetails": "true", "contactId": "c1", "contactName": "x"},
        **{"phoneNumber": NUMBER, "extensionNumber": extension.extension_number},
        **{"rcExtensionId": extension.extension_id, "extensionId": "1"},
        **{"platform": ours.platform, "crmPlatform": ours.platform},
        "crmToken": issue_user_jwt(session),
        "rcAccountId": ours.rc_account_id,
        "accountId": ours.rc_account_id,
        "userId": session.user_id,
        "note": "x",
        "organization": str(ours.pk),
        "telephonySessionId": call.telephony_session_id,
    }


@pytest.mark.parametrize("pattern", api.urlpatterns, ids=lambda p: p.name)
def test_no_endpoint_gives_or_takes_anything_of_ours(ask, ours, theirs, ids, pattern):
    asked = our_ids(ours)
    body = asked | {"logInfo": asked | {"direction": "Inbound", "id": "4711"}}
    before = tables()

    for method in METHODS:
        path = path_of(pattern, ids)
        query = "&".join(f"{n}={v}" for n, v in asked.items() if n != "crmToken")
        reply = ask(theirs, method, f"{path}?{query.replace('+', '%2B')}", body)

        assert MARK not in body_of(reply), method
    check_ours(before, ours, theirs)


def test_no_form_and_no_link_of_ours_works_for_them(
    client, ours, theirs, member, stranger, ids
):
    client.force_login(member.user)
    links, forms = set(), {}
    for address, response in crawl(client, ids):
        links.add(address)
        if "html" in response.headers.get("Content-Type", ""):
            for action, fields in Page(response).forms:
                forms[urljoin(address, action), repr(fields)] = fields
    assert len(forms) > 60
    before = tables()

    for address in links:
        client.force_login(stranger.user)
        assert MARK not in body_of(client.get(address, follow=True)), address
    for (address, _), fields in forms.items():
        theirs.save()  # as it was: a form may have chosen another CRM
        client.force_login(stranger.user)
        reply = client.post(address, fields, follow=True)
        assert MARK not in body_of(reply), address
        assert reply.status_code < 500, address
    check_ours(before, ours, theirs)
