import re
from dataclasses import replace
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from appconnect.console.settings.note_preview import SAMPLE_CALL, SAMPLE_CONTACT
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.logging_settings import server_logging
from appconnect.organizations.logging_settings.do_not_log import add_do_not_log_numbers
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
        "Everyone All extensions of the account.",
        "Only me (trial) Only Ada Admin, ext. 101, who connected RingCentral.",
        "Contact matching",
        "Do not log (0 numbers)",
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
        ({"logging_level": "Sometimes"}, "Log calls for: Select a valid choice."),
        ({"logging_level": "Selected"}, "Extension numbers: Enter at least one"),
        ({"note_sections": ["secrets"]}, "Lines in the note: Select a valid choice."),
        ({"crm_duration": "all"}, "Duration field: Select a valid choice."),
        ({"log_date_format": "%Y"}, "Date format: Select a valid choice."),
        ({"no_contact": "guess"}, "No match: Select a valid choice."),
        ({"several_contacts": ""}, "Multiple matches: This field is required."),
        (
            {"no_contact": "createNewPlaceholderContact", "placeholder_prefix": " "},
            "Placeholder name: Enter a name for placeholder contacts.",
        ),
        ({"phone_number_formats": "***-abc-****"}, "***-abc-****: enter * or # for"),
        ({"phone_number_formats": "****"}, "****: enter * or # for"),
        ({"phone_number_formats": "*****\n" * 4}, "Enter up to 3 formats."),
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


def test_typed_values_stay_after_error(console, connected):
    page = console.post(PATH, {**GOOD, "phone_number_formats": "nonsense"})

    assert "nonsense" in page.content.decode()


def test_before_the_crm_is_connected_the_rules_can_be_set(console, unset):
    rules = {"logging_level": "Disable", "no_contact": "attention"}

    page = console.post(PATH, GOOD | rules, follow=True)

    assert "Settings saved. Logging is still off." in text_of(page)
    assert get_settings(unset).no_contact == "attention"
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


def test_without_user_mapping_there_is_no_owner_to_choose(console, connected):
    connected.platform = "sandboxWithoutMapping"
    connected.save()

    shown = text_of(console.get(PATH))

    assert "Activity owner" not in shown
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

    assert "No match" in shown
    assert "placeholder contact" not in shown
    assert get_settings(connected).no_contact == "skipLogging"


def test_without_a_crm_the_admin_is_sent_to_choose_one(console, organization):
    organization.platform = ""
    organization.save()

    assert console.get(PATH).url == reverse("console:connections")


def test_only_selected_extensions_are_kept_by_their_numbers(console, connected):
    pilot = {"logging_level": "Selected", "logged_extensions": "103, 102"}
    console.post(PATH, GOOD | pilot)

    settings = get_settings(connected)
    assert settings.logging_level == Level.ACCOUNT
    assert settings.logged_extensions == ["800100103", "800100102"]
    page = console.get(PATH)
    assert "102, 103" in text_of(page)
    assert re.search(r'value="Selected"[^>]*checked', page.content.decode())


@pytest.mark.parametrize(
    ("level", "kept"), [("Account", []), ("User", ["800100102"])], ids=str
)
def test_list_of_extensions_is_forgotten_with_everyone(console, connected, level, kept):
    selected = {"logging_level": "Selected", "logged_extensions": "102"}
    console.post(PATH, GOOD | selected)

    console.post(PATH, GOOD | selected | {"logging_level": level})

    assert get_settings(connected).logged_extensions == kept


def test_each_extension_that_there_is_not_is_named(console, connected):
    typed = {"logging_level": "Selected", "logged_extensions": "103, 998\n999"}
    page = console.post(PATH, GOOD | typed)

    assert "998: there is no such extension." in text_of(page)
    assert "999: there is no such extension." in text_of(page)
    assert get_settings(connected).logged_extensions == []


def test_a_rule_alone_leaves_the_admin_of_the_settings_as_it_was(
    console, connected, member
):
    console.post(PATH, GOOD)
    member.extension_id = "800100103"
    member.save()

    console.post(PATH, GOOD | {"no_contact": "attention"})

    assert get_settings(connected).no_contact == "attention"
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
    call.save_record()

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
        ("Sam Lee", "Several CRM users have this name. Enter the email."),
        ("Nobody", "No active CRM user has this name or email."),
        ("", "Enter a CRM user."),
    ],
)
def test_unknown_fallback_user_is_refused(console, connected, typed, said):
    named = {"unmapped_owner": "fallback", "fallback_owner": typed}

    page = console.post(PATH, {**GOOD, **named})

    assert said in text_of(page)
    assert get_settings(connected).unmapped_owner == "attention"


def test_user_for_unmapped_extensions_stays_while_another_rule_is_chosen(
    console, connected
):
    console.post(PATH, GOOD | {"unmapped_owner": "fallback", "fallback_owner": "u7"})

    console.post(PATH, GOOD | {"unmapped_owner": "admin", "fallback_owner": "nobody"})

    assert get_settings(connected).fallback_owner == "u7"


def test_admin_is_named_in_the_options(console, connected):
    connected.server_logging_settings.update(activity_record_owner="admin")

    shown = text_of(console.get(PATH))

    assert "Every record belongs to Ada Admin." in shown
    assert "Assign to Ada Admin" in shown


def test_options_of_another_organization_name_nobody_of_this_one(
    console, connected, client, stranger
):
    connected.server_logging_settings.update(activity_record_owner="admin")
    assert "Ada Admin" in text_of(console.get(PATH))

    client.force_login(stranger.user)

    assert "Ada Admin" not in text_of(client.get(PATH))


def test_calls_held_for_their_contacts_are_counted(console, connected, make_call):
    for _n in range(2):
        make_call(status="NEEDS_ATTENTION", reason="SEVERAL_CONTACTS")

    assert "2 calls are held for this reason." in text_of(console.get(PATH))


def test_order_of_the_lines_is_no_change(console, connected):
    settings = get_settings(connected)
    settings.note_sections = ["addCallLogResult", "addCallLogSubject"]
    settings.save()
    console.post(PATH, GOOD)

    [entry] = connected.audit_entries.all()
    assert "note_sections" not in {change["field"] for change in entry.changes}


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
    assert "ada changed this while you had it open" in shown
    assert "Discard mine" in shown
    assert re.search(r"<title>\s*Error:", page.content.decode())
    assert re.search("No match: Skip the call → Hold the call", shown)
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


def test_conflict_names_people_and_extension_numbers(console, connected):
    stale = version_on(console.get(PATH))
    ids = {
        "logging_level": "Selected",
        "logged_extensions": "102",
        "unmapped_owner": "fallback",
        "fallback_owner": "u7",
        "region": "DE",
    }
    console.post(PATH, GOOD | ids)

    page = console.post(PATH, GOOD | {"version": stale})

    shown = text_of(page)
    assert "Selected extensions: everyone → Ben Baker (102)" in shown
    assert "CRM user for unmapped extensions: – → Sam Lee" in shown
    assert "Default country: United States (+1) → Germany (+49)" in shown
    assert "8001001" not in page.content.decode()


def test_a_wrong_entry_does_not_hide_that_another_was_faster(console, connected):
    stale = version_on(console.get(PATH))
    console.post(PATH, GOOD | {"no_contact": "attention", "version": stale})

    wrong = console.post(PATH, GOOD | {"region": "?", "version": stale})

    assert version_on(wrong) == stale
    again = console.post(PATH, GOOD | {"version": version_on(wrong)})
    assert again.status_code == 409


def test_change_outside_settings_is_no_conflict(console, connected, now):
    stale = version_on(console.get(PATH))
    add_do_not_log_numbers(connected, ["+14155550199"], label="", actor=ADA, now=now)

    page = console.post(PATH, GOOD | {"version": stale}, follow=True)

    assert "Settings saved." in text_of(page)
