"""POST /update-crm-token."""

import pytest

from appconnect.api.base.authentication import issue_user_jwt
from appconnect.organizations.connections.connectors import find_crm_session
from appconnect.organizations.models import CrmSession
from appconnect.sandbox.ringcentral import seed
from tests.support.organization import connect_to_crm

PATH = "/update-crm-token"


@pytest.fixture
def ben(connected) -> CrmSession:
    """The session of the agent at extension 102."""
    return connect_to_crm(
        connected, api_key=seed.api_key_of("u2"), extension_id=seed.extension_id("102")
    )


def sessions(connected) -> dict[str, str]:
    return dict(connected.crm_sessions.values_list("extension_id", "crm_user_id"))


def test_an_agents_session_stays_theirs(connected, ben, service, service_token):
    body = {"crmToken": issue_user_jwt(ben), "crmPlatform": "sandbox"}

    reply = service("POST", PATH, body, token=service_token("102"))

    assert reply.status_code == 200
    assert find_crm_session(connected, extension_id=seed.extension_id("102")) == ben


def test_session_belongs_to_the_proved_extension(
    connected, ben, service, service_token
):
    """Another person at the same browser takes over the CRM user, but not the admin's proof."""
    CrmSession.objects.update(admin_proved_at=ben.connected_at)
    theirs = connect_to_crm(
        connected, api_key=seed.api_key_of("u3"), extension_id=seed.extension_id("103")
    )
    body = {"crmToken": issue_user_jwt(ben), "crmPlatform": "sandbox"}

    service("POST", PATH, body, token=service_token("103"))

    assert sessions(connected) == {seed.extension_id("103"): "u2"}
    assert not CrmSession.objects.filter(pk=theirs.pk).exists()
    ben.refresh_from_db()
    assert ben.admin_proved_at is None


def test_an_empty_token_ends_the_callers_session_and_no_other(
    connected, crm_session, ben, service, service_token
):
    body = {"crmToken": "", "crmPlatform": "sandbox"}

    for _ in range(2):
        reply = service("POST", PATH, body, token=service_token("102"))

        assert reply.status_code == 200
        assert sessions(connected) == {seed.extension_id("101"): "u1"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"crmToken": None},
        {"crmToken": "nonsense"},
        {"crmToken": "jwt", "crmPlatform": "pipedrive"},
        [],
    ],
)
def test_unknown_session_is_refused_and_none_ends(
    connected, ben, service, service_token, body
):
    if isinstance(body, dict) and body.get("crmToken") == "jwt":
        body = body | {"crmToken": issue_user_jwt(ben)}

    reply = service("POST", PATH, body, token=service_token("102"))

    assert reply.status_code == 400
    assert reply.json()["result"]["message"]
    assert sessions(connected) == {seed.extension_id("102"): "u2"}


def test_a_session_of_another_organization_is_refused(
    connected, ben, service, service_token, stranger
):
    token = service_token("102", account_id="999")

    reply = service("POST", PATH, {"crmToken": issue_user_jwt(ben)}, token=token)

    assert reply.status_code == 400
    assert sessions(connected) == {seed.extension_id("102"): "u2"}
    assert not stranger.organization.crm_sessions.exists()


def test_a_session_of_a_crm_that_was_left_is_refused(
    connected, ben, service, service_token
):
    body = {"crmToken": issue_user_jwt(ben)}
    connected.platform = "sandboxAdminToken"
    connected.save()

    assert service("POST", PATH, body, token=service_token("102")).status_code == 400
