"""“Test connection” on the connections page, with and without JavaScript."""

import re

import pytest

from appconnect.organizations.connections.connection_test import TESTS_PER_MINUTE
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.models import AuditEntry
from tests.appconnect.console.settings.test_server_logging_settings import ACCOUNT
from tests.support.helpers import text_of

PATH = "/settings/test/"
HTMX = {"HTTP_HX_REQUEST": "true"}
CONNECTED = "Connected to Sandbox CRM as Service account. 8 users visible."


def test_the_result_alone_comes_back_to_a_page_with_javascript(console, connected):
    page = console.post(PATH, ACCOUNT, **HTMX)

    shown = text_of(page)
    assert CONNECTED in shown
    for words in (
        "Reach the server : Passed. · The server answers.",
        "Sign in : Passed. · Signed in as Service account.",
        "Read users : Passed.",
        "Create call records : Passed.",
    ):
        assert words in shown
    assert "<h1>" not in page.content.decode()


def test_nothing_is_saved_but_that_it_was_tested(console, connected):
    before = get_settings(connected).additional_field_values

    console.post(PATH, ACCOUNT | {"additional-activityType": "followUp"}, **HTMX)

    assert get_settings(connected).additional_field_values == before
    [entry] = connected.audit_entries.all()
    assert entry.action == AuditEntry.Action.CONNECTION_TESTED
    assert (entry.actor, entry.changes) == ("ada", [])


def test_without_javascript_everything_typed_is_still_there_but_the_secret(
    console, connected
):
    typed = ACCOUNT | {
        "additional-apiUsername": "typed-name",
        "additional-apiPassword": "typed-password",
        "additional-activityType": "followUp",
    }

    page = console.post(PATH, typed)

    html = page.content.decode()
    assert "Sign in : Failed." in text_of(page)
    assert "Enter the password again before you save." in text_of(page)
    assert 'value="typed-name"' in html
    assert re.search(r'value="followUp"[^>]* selected', html)
    assert "typed-password" not in html


def test_the_stored_secret_is_used_where_its_box_is_empty(console, connected):
    page = console.post(PATH, ACCOUNT | {"additional-apiPassword": ""}, **HTMX)

    assert CONNECTED in text_of(page)


@pytest.mark.parametrize(
    "changed",
    [
        {"additional-apiUsername": "other"},
        {"additional-activityType": "followUp"},
        {"additional-markAsDone": ""},
    ],
)
def test_the_stored_secret_goes_nowhere_it_was_not_typed_for(
    console, connected, sandbox, changed
):
    page = console.post(
        PATH, ACCOUNT | {"additional-apiPassword": ""} | changed, **HTMX
    )

    assert "API password: Enter it again, because" in text_of(page)
    assert sandbox.asked("/crm/") == []


def test_ten_tests_a_minute_then_a_sentence(console, connected):
    for _number in range(TESTS_PER_MINUTE):
        console.post(PATH, ACCOUNT, **HTMX)

    page = console.post(PATH, ACCOUNT, **HTMX)

    assert "10 tests a minute is the limit." in text_of(page)
    assert connected.audit_entries.count() == TESTS_PER_MINUTE


def test_nothing_is_tested_by_looking_at_the_address(console, connected):
    assert console.get(PATH).url == "/connections/#crm"
    assert not connected.audit_entries.exists()


def test_only_an_admin_tests(console, connected, member):
    member.role = "OPERATOR"
    member.save()

    assert console.post(PATH, ACCOUNT).status_code == 403


def test_where_the_admins_own_session_is_missing_that_is_said(console, connected):
    connected.platform = "sandboxAdminToken"
    connected.save()

    page = console.post(PATH, ACCOUNT, **HTMX)

    assert "Connect your own CRM session first." in text_of(page)
