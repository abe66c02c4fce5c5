"""The CRM account on the connections page: saved, kept as a draft, and its secret."""

import re

import pytest

from appconnect.calls.models import CallSession, CrmCircuit
from appconnect.organizations.connections.connectors import get_settings
from connector.crms.sandbox import Sandbox
from tests.appconnect.console.settings.test_server_logging_settings import ACCOUNT
from tests.support.helpers import text_of

PAGE, PATH = "/connections/", "/connections/account/"
WRONG = ACCOUNT | {"additional-apiPassword": "wrong"}


@pytest.fixture
def off(connected):
    """The organization with good values, and logging off."""
    connected.server_logging_settings.update(logging_level="Disable")
    return connected


def stored(organization) -> dict[str, str]:
    return get_settings(organization).additional_field_values


def test_the_form_has_the_fields_of_the_manifest(console, connected):
    connected.server_logging_settings.all().delete()

    shown = text_of(console.get(PAGE))

    for words in ("API user name", "service account", "Activity type", "Not connected"):
        assert words in shown


def test_the_account_is_saved_without_the_rules(console, connected):
    connected.server_logging_settings.all().delete()

    page = console.post(PATH, ACCOUNT, follow=True)

    assert page.redirect_chain == [("/connections/#crm", 302)]
    assert "Saved. Sandbox CRM is connected." in text_of(page)
    settings = get_settings(connected)
    assert settings.additional_field_values["apiPassword"] == "sandbox"
    assert settings.admin_extension_id == "800100101"
    assert settings.secrets_changed_by == "ada"
    assert not settings.is_enabled


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"additional-apiUsername": ""}, "API user name: This field is required."),
        ({"additional-apiPassword": "wrong"}, "the credentials were refused"),
        ({"additional-activityType": "party"}, "Activity type: Select a valid choice."),
    ],
)
def test_a_wrong_entry_is_named_and_the_old_account_stays(
    console, connected, changes, message
):
    before = stored(connected)

    page = console.post(PATH, ACCOUNT | changes)

    shown = text_of(page)
    assert "Nothing was saved" in shown
    assert message in shown
    assert re.search(r"<title>\s*Error:", page.content.decode())
    assert stored(connected) == before


def test_typed_values_stay_after_an_error_except_the_password(console, connected):
    typed = {
        "additional-apiUsername": "typed-name",
        "additional-apiPassword": "typed-pw",
    }

    page = console.post(PATH, ACCOUNT | typed).content.decode()

    assert "typed-name" in page
    assert "typed-pw" not in page


def test_an_empty_password_box_keeps_the_password(console, connected):
    console.post(PATH, ACCOUNT | {"additional-apiPassword": ""})

    assert stored(connected)["apiPassword"] == "sandbox"


def test_a_draft_is_saved_without_a_test(console, off):
    assert "the credentials were refused" in text_of(console.post(PATH, WRONG))

    page = console.post(PATH, WRONG | {"draft": ""}, follow=True)

    assert "Saved without testing. Logging stays off." in text_of(page)
    assert stored(off)["apiPassword"] == "wrong"


def test_while_logging_is_on_there_is_no_draft(console, connected):
    assert "Save draft" not in text_of(console.get(PAGE))

    page = console.post(PATH, WRONG | {"draft": ""})

    assert "Nothing was saved" in text_of(page)
    assert stored(connected)["apiPassword"] == "sandbox"


def test_who_set_the_secret_is_shown_and_stays_after_other_changes(console, connected):
    console.post(PATH, ACCOUNT)
    connected.server_logging_settings.update(secrets_changed_by="ana")
    console.post(PATH, ACCOUNT | {"additional-activityType": "followUp"})

    shown = text_of(console.get(PAGE))

    assert "Replace API password" in shown
    assert get_settings(connected).secrets_changed_by == "ana"


def test_a_secret_box_asks_the_browser_for_no_password(console, connected):
    page = console.get(PAGE).content.decode()

    boxes = re.findall(r'<input type="password"[^>]*additional[^>]*>', page)
    assert len(boxes) == 1
    assert 'autocomplete="new-password"' in boxes[0]
    assert "value=" not in boxes[0]


def test_after_a_rejection_saving_logs_the_calls_that_wait(
    console, connected, make_call, now
):
    call = make_call()
    CrmCircuit.objects.at(connected).reject("HTTP 401", now=now, version=1)
    held_until = now + CrmCircuit.REJECTED_INTERVAL
    CallSession.objects.update(next_attempt_at=held_until)

    shown = text_of(console.get(PAGE))
    assert "Password rejected" in shown
    assert "1 call is waiting. Enter the new password" in shown
    assert "Save and log 1 waiting call" in shown
    assert 'href="/connections/account/"' in console.get("/calls/").content.decode()

    page = console.post(PATH, ACCOUNT, follow=True)

    shown = text_of(page)
    assert "1 waiting call is being logged." in shown
    assert "rejected" not in shown
    call.refresh_from_db()
    assert call.next_attempt_at < held_until


def test_a_change_by_somebody_else_is_shown_beside_what_was_typed(console, connected):
    [version] = re.findall(
        r'name="version" value="(\d+)"', console.get(PAGE).content.decode()
    )
    console.post(PATH, ACCOUNT | {"additional-activityType": "followUp"})

    page = console.post(
        PATH, ACCOUNT | {"additional-apiUsername": "mine", "version": version}
    )

    assert "Enter it again" not in text_of(page)
    assert page.status_code in (200, 409)
    assert stored(connected)["activityType"] == "followUp"


def test_what_cannot_be_tested_is_said(console, connected, monkeypatch):
    path = "appconnect.console.settings.connections.account.can_prove_credentials"
    monkeypatch.setattr(path, lambda _platform: False)

    page = console.post(PATH, ACCOUNT, follow=True)

    assert "Sandbox CRM can't test credentials." in text_of(page)
    assert Sandbox.platform == connected.platform
