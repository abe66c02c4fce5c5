import json
import shutil
from datetime import timedelta

import pytest

from appconnect.organizations.connections.connection_test import (
    TESTS_PER_MINUTE,
    Result,
    TooManyTests,
    run_connection_test,
)
from appconnect.organizations.connections.connectors import NoCredentials, get_settings
from appconnect.organizations.logging_settings.server_logging import try_out
from appconnect.organizations.models import AuditEntry
from appconnect.sandbox.ringcentral import seed
from connector.base import Connector
from connector.crms.sandbox import Sandbox
from connector.errors import CredentialsRejected
from connector.registry import CONNECTORS, get_connector_class, get_platform
from connector.types import Credentials
from tests.support.helpers import ROOT
from tests.support.organization import ADA, connect_to_crm

GOOD = {"apiUsername": "service", "apiPassword": "sandbox"}


def run(organization, now, values=GOOD):
    return run_connection_test(
        organization,
        values,
        admin_extension_id=seed.extension_id("101"),
        actor=ADA,
        now=now,
    )


def results(test) -> list[str]:
    return [step.result.value for step in test.steps]


def test_every_step_passes_with_its_sentence(connected, now):
    test = run(connected, now)

    assert results(test) == ["PASSED"] * 4
    assert test.summary == (
        "Connected to Sandbox CRM as Service account. 8 users visible."
    )
    assert all(step.sentence and step.milliseconds >= 0 for step in test.steps)


def test_nothing_is_written_here_or_at_the_crm(connected, sandbox, now):
    before = get_settings(connected).additional_field_values

    run(connected, now, {**GOOD, "activityType": "followUp"})

    assert get_settings(connected).additional_field_values == before
    written = [
        r["method"] for r in sandbox.asked("/crm/") if "sessions" not in r["path"]
    ]
    assert set(written) == {"GET"}


def test_wrong_password_and_wrong_address_fail_at_different_steps(connected, now):
    wrong = run(connected, now, {**GOOD, "apiPassword": "CANARY-9f31"})

    assert results(wrong) == ["PASSED", "FAILED", "NOT_CHECKED", "NOT_CHECKED"]
    assert wrong.steps[1].sentence == (
        "Sandbox CRM answered HTTP 401: the credentials were refused. "
        "It says: “wrong user name or password”"
    )
    assert "CANARY" not in repr(wrong)


@pytest.mark.parametrize(
    ("hostname", "message"),
    [
        ("127.0.0.1:9", "refused the connection"),
        ("10.0.0.1", "This address is not allowed"),
        ("[::1]", "This address is not allowed"),
        ("93.184.216.34:8443", "at its usual port, nor one that the operator allows"),
    ],
)
def test_unreachable_host_is_reported_with_the_reason(
    connected, settings, now, hostname, message
):
    settings.CRM_PRIVATE_HOSTS = ["127.0.0.1:9"]
    connected.crm_hostname = hostname

    test = run(connected, now)

    assert results(test) == ["FAILED", *["NOT_CHECKED"] * 3]
    assert message in test.steps[0].sentence
    assert "earlier" not in test.summary


def test_declarative_crm_can_be_tested(connected, now, monkeypatch):
    document = ROOT / "tests/support/data/declarative/sample.declarative.json"
    monkeypatch.setitem(CONNECTORS, "sample", str(document))
    connected.platform = "sample"
    connected.save()

    test = run(connected, now)

    assert results(test) == ["PASSED", "PASSED", "PASSED", "NOT_CHECKED"]
    assert test.summary.startswith("Connected to Sample CRM as Service account.")


@pytest.fixture
def change_sample(connected, now, monkeypatch, tmp_path):
    """A function: a change of the sample document → the organization that uses it."""
    data = ROOT / "tests/support/data/declarative"

    def change(changes):
        document = json.loads((data / "sample.declarative.json").read_text())
        changes(document)
        path = tmp_path / "sample.declarative.json"
        path.write_text(json.dumps(document))
        shutil.copy(data / "sample.json", tmp_path)
        monkeypatch.setitem(CONNECTORS, "sample", str(path))
        get_platform.cache_clear()
        connected.platform = "sample"
        connected.save()
        return connected

    yield change
    get_platform.cache_clear()


def test_address_may_be_a_template(change_sample, now):
    def change(document):
        defaults = document["requestDefaults"]
        scheme = "{{settings.activityType|default:'call'|map:'call=http'}}"
        defaults["baseUrl"] = defaults["baseUrl"].replace("http", scheme, 1)

    test = run(change_sample(change), now)

    assert test.steps[0].sentence == "The server answers."
    assert not test.has_failed


def test_tryton_is_reached_with_the_scheme_of_its_settings():
    tryton = get_connector_class("tryton")

    def host_url(**values):
        credentials = Credentials(
            hostname="crm:8000", server_logging_settings={"database": "x", **values}
        )
        return tryton(credentials, session=None).host_url

    assert host_url() == "https://crm:8000"
    assert host_url(scheme="https") == "https://crm:8000"
    assert host_url(scheme="http") == "http://crm:8000"


def without(*names):
    """Return a change: these operations are gone, and the password is the API key."""

    def change(document):
        document["auth"]["credentialTemplate"] = "{{settings.apiPassword}}"
        for name in names:
            document["operations"].pop(name, None)

    return change


PROOFS = ("getUserInfo", "signIn", "updateServerLoggingSettings")
WITH_KEY = {**GOOD, "apiPassword": seed.api_key_of("u1")}


def test_user_list_proves_the_credentials_where_nothing_else_does(change_sample, now):
    test = run(change_sample(without(*PROOFS)), now, WITH_KEY)

    assert results(test) == ["PASSED", "NOT_CHECKED", "PASSED", "NOT_CHECKED"]
    assert test.summary.startswith("Connected to Sample CRM. 8 users visible.")


def test_nothing_claims_a_connection_that_no_request_has_shown(change_sample, now):
    organization = change_sample(without(*PROOFS, "getUserList"))

    test = run(organization, now, {**GOOD, "apiPassword": "wrong"})

    assert test.summary == (
        "Sample CRM can't test credentials. Your first call shows whether they work."
    )
    assert not test.is_accepted


def test_user_info_proves_credentials_before_they_are_saved(change_sample, now):
    organization = change_sample(without("signIn", "updateServerLoggingSettings"))

    with pytest.raises(CredentialsRejected):
        try_out(organization, {**GOOD, "apiPassword": "wrong"}, "")

    assert try_out(organization, WITH_KEY, "") == WITH_KEY


def test_missing_right_is_found_before_the_first_call(connected, sandbox, now):
    sandbox.switch(crmIsReadOnly=True)

    test = run(connected, now)

    assert results(test) == ["PASSED", "PASSED", "PASSED", "FAILED"]
    assert "may not create call records" in test.steps[3].sentence


def test_access_that_a_crm_cannot_check_is_not_checked(connected, now, monkeypatch):
    unknown = Connector.check_call_log_access
    monkeypatch.setattr(Sandbox, "check_call_log_access", unknown)

    test = run(connected, now)

    assert test.steps[3].result == Result.NOT_CHECKED
    assert "Your first call shows it" in test.steps[3].sentence
    assert not test.has_failed


def test_host_that_is_another_program_fails(connected, now, monkeypatch):
    monkeypatch.setattr(Sandbox, "sign_in", lambda *_: {}["token"])

    test = run(connected, now)

    assert results(test) == ["PASSED", "FAILED", "NOT_CHECKED", "NOT_CHECKED"]
    assert (
        test.steps[1].sentence == "The answer isn't from this CRM. Check the address."
    )


def test_admins_own_session_is_tested_for_such_a_manifest(connected, now):
    connected.platform = "sandboxAdminToken"
    connected.save()
    with pytest.raises(NoCredentials):
        run(connected, now, {})

    connect_to_crm(
        connected, api_key=seed.api_key_of("u1"), extension_id=seed.extension_id("101")
    )

    assert "as Ada Admin." in run(connected, now, {}).summary


def test_connection_tests_are_limited_to_ten_a_minute(connected, now):
    for _number in range(TESTS_PER_MINUTE):
        run(connected, now)

    with pytest.raises(TooManyTests, match="Try again in a minute"):
        run(connected, now)

    run(connected, now + timedelta(seconds=61))
    tested = connected.audit_entries.filter(action=AuditEntry.Action.CONNECTION_TESTED)
    assert tested.count() == TESTS_PER_MINUTE + 1
