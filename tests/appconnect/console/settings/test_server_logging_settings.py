import re
from dataclasses import replace
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from appconnect.console.settings.note_preview import SAMPLE_CALL, SAMPLE_CONTACT
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.logging_settings import server_logging
from appconnect.organizations.logging_settings.do_not_log import (
    add_do_not_log_numbers,
    get_do_not_log_numbers,
    set_do_not_log_numbers,
)
from appconnect.organizations.models import NoteSection, ServerLoggingSettings
from connector.base import Connector
from connector.crms.sandbox import Sandbox
from tests.support.helpers import text_of
from tests.support.organization import ADA

Level = ServerLoggingSettings.LoggingLevel
PATH = "/settings/"
GOOD = {
    "logging_level": "Account",
    "activity_record_owner": "user",
    "unmapped_owner": "attention",
    "note_sections": ["addCallLogSubject", "addCallLogResult"],
    "log_date_format": "DD.MM.YYYY HH:mm:ss",
    "crm_duration": "talk",
    "recording_links": "player",
    "no_contact": "skipLogging",
    "several_contacts": "skipLogging",
    "do_not_log_numbers": "",
    "region": "US",
    "time_zone": "America/Los_Angeles",
}
ACCOUNT_PATH = "/connections/account/"
ACCOUNT = {
    "additional-apiUsername": "service",
    "additional-apiPassword": "sandbox",
    "additional-activityType": "call",
    "additional-markAsDone": "on",
}


@pytest.fixture
def unset(connected):
    """The organization before its settings are saved."""
    connected.server_logging_settings.all().delete()
    return connected


def test_form_shows_the_rules(console, unset):
    page = console.get(reverse("console:server-logging-settings"))

    shown = text_of(page)
    for words in (
        "Enable for account",
        "Enable for admin only (trial mode)",
        "Numbers that are never logged",
    ):
        assert words in shown


def test_saving_switches_logging_on(console, unset):
    console.post(ACCOUNT_PATH, ACCOUNT)
    page = console.post(PATH, GOOD, follow=True)

    assert "Settings saved." in text_of(page)
    settings = get_settings(unset)
    assert settings.logging_level == Level.ACCOUNT
    assert settings.additional_field_values["apiPassword"] == "sandbox"
    assert settings.admin_extension_id == "800100101"
    assert settings.secrets_changed_by == "ada"


def test_the_stored_password_is_on_no_page(console, unset):
    secret = "CANARY-9f31"
    settings = get_settings(unset)
    settings.additional_field_values = {"apiUsername": "x", "apiPassword": secret}
    settings.save()

    for path in (PATH, "/connections/", "/calls/", "/user-mapping/"):
        assert secret not in console.get(path, follow=True).content.decode()
    wrong = console.post(ACCOUNT_PATH, {**ACCOUNT, "additional-apiPassword": ""})
    assert secret not in wrong.content.decode()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"logging_level": "Sometimes"}, "Server-side logging: Select a valid choice."),
        ({"note_sections": ["secrets"]}, "Lines of its text: Select a valid choice."),
        ({"crm_duration": "all"}, "Duration that the CRM gets: Select a valid choice."),
        ({"log_date_format": "%Y"}, "Date format: Select a valid choice."),
        ({"do_not_log_numbers": "101, abc"}, "abc: not a complete phone number."),
        ({"no_contact": "guess"}, "When no contact has the number: Select a valid"),
        ({"several_contacts": ""}, "When several contacts have the number: This field"),
        (
            {"no_contact": "createNewPlaceholderContact", "placeholder_prefix": " "},
            "Name of a placeholder contact: Enter what a placeholder's name begins with.",
        ),
        ({"phone_number_formats": "***-abc-****"}, "***-abc-****: write * or # for"),
        ({"phone_number_formats": "****"}, "****: write * or # for"),
        ({"phone_number_formats": "*****\n" * 4}, "Enter three formats at most."),
    ],
)
def test_a_wrong_entry_is_named_and_the_old_settings_stay(
    console, connected, changes, said
):
    before = get_settings(connected)

    page = console.post(PATH, {**GOOD, **changes})

    assert page.status_code == 200
    assert said in text_of(page)
    assert "Error:" in text_of(page)
    assert get_settings(connected).note_sections == before.note_sections
    assert get_do_not_log_numbers(connected) == []


def test_typed_values_stay_after_error(console, connected):
    page = console.post(PATH, {**GOOD, "do_not_log_numbers": "nonsense"})

    assert "nonsense" in page.content.decode()


def test_before_the_crm_is_connected_the_rules_can_be_set(console, unset):
    rules = {"logging_level": "Disable", "do_not_log_numbers": "101"}

    page = console.post(PATH, GOOD | rules, follow=True)

    assert "Settings saved. Logging is still off." in text_of(page)
    assert get_do_not_log_numbers(unset) == ["101"]
    assert not get_settings(unset).is_enabled


def test_logging_cannot_be_switched_on_without_credentials(console, unset):
    page = console.post(PATH, GOOD)

    assert "Connect Sandbox CRM first, on Connections." in text_of(page)
    assert not get_settings(unset).is_enabled


def test_saving_rules_leaves_the_account_as_it_is(console, connected, sandbox):
    before = get_settings(connected).additional_field_values

    console.post(PATH, GOOD | {"additional-apiPassword": "wrong"})

    assert get_settings(connected).log_date_format == GOOD["log_date_format"]
    assert get_settings(connected).additional_field_values == before


def test_numbers_are_shown_as_they_were_understood(console, connected):
    console.post(PATH, {**GOOD, "do_not_log_numbers": "(650) 555-0123, 101"})

    page = console.get(PATH).content.decode()
    assert "+16505550123\n101" in page


def test_without_user_mapping_there_is_no_owner_to_choose(console, connected):
    connected.platform = "sandboxWithoutMapping"
    connected.save()

    shown = text_of(console.get(PATH))

    assert "Activity record owner" not in shown
    assert "User mapping" not in shown


def test_the_rules_for_contacts_are_kept(console, connected):
    chosen = {
        "no_contact": "createNewPlaceholderContact",
        "placeholder_prefix": "Caller",
        "placeholder_type": "Lead",
        "several_contacts": "mostRecentActivity",
        "phone_number_formats": " (***) ***-**** \r\n\r\n***.***.****",
    }

    console.post(PATH, GOOD | chosen)

    settings = get_settings(connected)
    formats = "(***) ***-****\n***.***.****"
    for name, value in (chosen | {"phone_number_formats": formats}).items():
        assert getattr(settings, name) == value
    page = console.get(PATH).content.decode()
    assert formats in page
    assert 'value="Lead"' in page


def test_no_placeholder_is_offered_where_the_crm_cannot_create_one(
    console, connected, monkeypatch
):
    monkeypatch.setattr(Sandbox, "create_contact", Connector.create_contact)

    shown = text_of(console.get(PATH))
    console.post(PATH, GOOD | {"no_contact": "createNewPlaceholderContact"})

    assert "When no contact has the number" in shown
    assert "placeholder contact" not in shown
    assert get_settings(connected).no_contact == "skipLogging"


def test_without_a_crm_the_admin_is_sent_to_choose_one(console, organization):
    organization.platform = ""
    organization.save()

    assert console.get(PATH).url == reverse("console:connections")


def test_only_selected_extensions_are_kept_by_their_numbers(console, connected):
    console.post(PATH, GOOD | {"logged_extensions": "103, 102"})

    assert get_settings(connected).logged_extensions == ["800100103", "800100102"]
    assert "102, 103" in text_of(console.get(PATH))


def test_each_extension_that_there_is_not_is_named(console, connected):
    page = console.post(PATH, GOOD | {"logged_extensions": "103, 998\n999"})

    assert "998: there is no such extension." in text_of(page)
    assert "999: there is no such extension." in text_of(page)
    assert get_settings(connected).logged_extensions == []


def test_a_rule_alone_leaves_the_admin_of_the_settings_as_it_was(
    console, connected, member
):
    console.post(PATH, GOOD)
    member.extension_id = "800100103"
    member.save()

    console.post(PATH, GOOD | {"do_not_log_numbers": "+14155550101"})

    assert get_do_not_log_numbers(connected) == ["+14155550101"]
    assert get_settings(connected).admin_extension_id == "800100101"


def test_sections_of_record_text_can_be_chosen(console, connected):
    console.post(PATH, GOOD)

    settings = get_settings(connected)
    assert settings.note_sections == ["addCallLogSubject", "addCallLogResult"]
    assert settings.log_date_format == "DD.MM.YYYY HH:mm:ss"
    page = console.get(PATH).content.decode()
    boxes = re.findall(r'<input type="checkbox" name="note_sections"[^>]*>', page)
    ticked = [box for box in boxes if " checked" in box]
    assert (len(boxes), len(ticked)) == (18, 2)
    assert "- Summary: Inbound Call from Ada Example\n- Result: Accepted\n" in page


def test_preview_equals_text_written_by_worker(
    console, connected, make_call, log, sandbox, now, monkeypatch
):
    console.post(PATH, GOOD | {"note_sections": NoteSection.values})
    contact = replace(SAMPLE_CONTACT, id="c1")
    monkeypatch.setattr(Sandbox, "find_contact", lambda *_: [contact])
    call = make_call()
    call.take_record(SAMPLE_CALL, type="Voice", extension_id=call.extension_id)

    log(call, at=now)

    [record] = sandbox.call_logs()
    assert "Ann Agent" in record["note"]
    assert record["note"] in unescape(console.get(PATH).content.decode())


def test_a_record_can_say_nothing(console, connected):
    console.post(PATH, GOOD | {"note_sections": []})

    assert get_settings(connected).note_sections == []
    assert "A sample call" not in text_of(console.get(PATH))


def test_concurrent_changes_of_other_admin_stay(console, connected, monkeypatch):
    """The CRM takes its time to check new values; a rule is saved in between."""
    values = get_settings(connected).additional_field_values | {"activityType": "task"}
    monkeypatch.setattr(
        server_logging, "try_out", lambda *_: save_rule(connected) or values
    )

    server_logging.update_server_logging_settings(
        connected,
        server_logging.NewSettings(additional_field_values=values),
        admin_extension_id="800100101",
        actor=ADA,
        now=timezone.now(),
    )

    settings = get_settings(connected)
    assert settings.logging_level == Level.DISABLE
    assert settings.additional_field_values == values


def save_rule(organization) -> None:
    organization.server_logging_settings.update(logging_level=Level.DISABLE)


@pytest.mark.parametrize("typed", ["sam.lee@NORTH.example.com", "u7"])
def test_a_crm_user_is_named_for_unmapped_extensions(console, connected, typed):
    named = {"unmapped_owner": "fallback", "fallback_owner": typed}

    console.post(PATH, {**GOOD, **named})

    settings = get_settings(connected)
    assert settings.unmapped_owner == ServerLoggingSettings.UnmappedOwner.FALLBACK
    assert settings.fallback_owner == "u7"
    assert 'value="sam.lee@north.example.com"' in console.get(PATH).content.decode()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Sam Lee", "Several CRM users have this name: enter the e-mail address."),
        ("Nobody", "No active CRM user has this name."),
        ("", "Enter who is to own these calls."),
    ],
)
def test_unknown_fallback_user_is_refused(console, connected, typed, said):
    named = {"unmapped_owner": "fallback", "fallback_owner": typed}

    page = console.post(PATH, {**GOOD, **named})

    assert said in text_of(page)
    assert get_settings(connected).unmapped_owner == "attention"


def test_saving_keeps_numbers_added_to_do_not_log_list_meanwhile(
    console, connected, now
):
    shown = set_and_show(connected, ["+14155550101", "+14155550102"])
    others = {"label": "Works council", "actor": ADA, "now": now}
    add_do_not_log_numbers(connected, ["+14155550103"], **others)

    edited = "+14155550102, 101"
    console.post(PATH, GOOD | {"do_not_log_numbers": edited} | shown)

    assert get_do_not_log_numbers(connected) == ["+14155550102", "+14155550103", "101"]
    labels = {r.number: r.label for r in connected.do_not_log_numbers.all()}
    assert labels["+14155550103"] == "Works council"


def test_the_form_carries_the_list_as_it_was_shown(console, connected):
    set_and_show(connected, ["+14155550101"])

    page = console.get(PATH).content.decode()

    assert 'name="initial-do_not_log_numbers" value="+14155550101"' in page


def test_a_long_do_not_log_list_is_left_to_its_own_page(console, connected):
    set_and_show(connected, [f"+1415555{n:04}" for n in range(201)])

    page = console.get(PATH).content.decode()
    reply = console.post(PATH, GOOD)

    assert 'name="do_not_log_numbers"' not in page
    assert "201 numbers" in page
    assert reply.status_code == 302
    assert connected.do_not_log_numbers.count() == 201


def set_and_show(organization, numbers) -> dict[str, str]:
    """Make the list; return what the form then carries beside it."""
    set_do_not_log_numbers(organization, numbers)
    return {"initial-do_not_log_numbers": "\r\n".join(numbers)}


def test_saving_unchanged_settings_is_no_change(console, connected):
    console.post(PATH, GOOD)
    assert connected.audit_entries.count() == 1

    page = console.post(PATH, GOOD, follow=True)

    assert "Settings saved." in text_of(page)
    assert connected.audit_entries.count() == 1


@pytest.mark.parametrize("path", ["/settings/", "/connections/"])
def test_form_is_disabled_without_the_role(console, connected, member, path):
    member.role = "VIEWER"
    member.save()

    shown = console.get(path).content.decode()

    fields = re.findall(r"<(?:input|select|textarea)[^>]* id=\"id_[^>]*>", shown)
    assert fields
    assert [field for field in fields if "disabled" not in field] == []
    assert "Replace" not in shown
    assert "Save" not in shown


def version_on(page) -> str:
    [version] = re.findall(r'name="version" value="(\d+)"', page.content.decode())
    return version


def test_stale_save_shows_changes_of_other_admin(console, connected):
    stale = version_on(console.get(PATH))
    console.post(
        PATH, GOOD | {"no_contact": "attention", "version": stale}, follow=True
    )
    mine = GOOD | {"log_date_format": "YYYY-MM-DD HH:mm:ss", "version": stale}

    page = console.post(PATH, mine)

    assert page.status_code == 409
    shown = text_of(page)
    assert "Somebody else was faster" in shown
    assert re.search(r"<title>\s*Error:", page.content.decode())
    assert re.search(r"When no contact has the number: .* →", shown)
    settings = get_settings(connected)
    assert settings.no_contact == "attention", "the other's choice stays"
    assert settings.log_date_format == GOOD["log_date_format"]
    typed = re.search(
        r'value="YYYY-MM-DD HH:mm:ss"[^>]*(selected|checked)',
        unescape(page.content.decode()),
    )
    assert typed, "what was typed is still there"

    console.post(PATH, mine | {"no_contact": "attention", "version": version_on(page)})

    assert get_settings(connected).log_date_format == "YYYY-MM-DD HH:mm:ss"


def test_a_wrong_entry_does_not_hide_that_another_was_faster(console, connected):
    stale = version_on(console.get(PATH))
    console.post(PATH, GOOD | {"no_contact": "attention", "version": stale})

    wrong = console.post(PATH, GOOD | {"region": "?", "version": stale})

    assert version_on(wrong) == stale
    again = console.post(PATH, GOOD | {"version": version_on(wrong)})
    assert again.status_code == 409


def test_change_outside_settings_is_no_conflict(console, connected, now):
    stale = version_on(console.get(PATH))
    set_do_not_log_numbers(connected, ["+14155550199"], added_by="ben", now=now)
    connected.configuration_changed()

    page = console.post(PATH, GOOD | {"version": stale}, follow=True)

    assert "Settings saved." in text_of(page)
