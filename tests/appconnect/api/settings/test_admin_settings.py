"""GET and POST /admin/settings: one truth for the console and for App Connect's client."""

import copy

import pytest
from django.utils import timezone

from appconnect.api.base import permissions
from appconnect.api.base.authentication import issue_user_jwt
from appconnect.api.settings.admin_settings import AdminSettingsView
from appconnect.organizations.client.client_hash import client_hash
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.logging_settings.do_not_log import set_do_not_log_numbers
from appconnect.organizations.models import AuditEntry, ClientSettings, UserMapping
from appconnect.organizations.people import identity
from appconnect.organizations.security.refusals import MAX_A_MINUTE
from appconnect.ringcentral.errors import Unavailable
from appconnect.sandbox.ringcentral import seed
from tests.support.organization import map_by_hand

PATH = "/admin/settings"
BEN = seed.extension_id("102")
MEGABYTE = 1024 * 1024


@pytest.fixture
def served(call):
    """What an admin's client has fetched."""
    return call("GET", PATH).json()


@pytest.fixture
def save(call):
    """Give a function that posts the object back, and returns the reply."""

    def save(settings: dict, **options):
        return call("POST", PATH, {"adminSettings": settings}, **options)

    return save


def value_of(call, key: str) -> object:
    return call("GET", PATH).json()["userSettings"][key]["value"]


def edit(settings: dict, crm_user_id: str, extension_ids: object) -> dict:
    """Return the object with one entry as the client's edit page leaves it."""
    edited = copy.deepcopy(settings)
    others = [e for e in edited["userMappings"] if e["crmUserId"] != crm_user_id]
    entry = {"crmUserId": crm_user_id, "rcExtensionId": extension_ids}
    edited["userMappings"] = [*others, entry]
    return edited


def owner_of(organization, extension_id: str) -> str | None:
    mapping = organization.user_mappings.select_related("crm_user").get(
        extension__extension_id=extension_id
    )
    return mapping.crm_user and mapping.crm_user.crm_user_id


# What is shown


def test_admin_sees_the_settings_in_force(call, connected):
    set_do_not_log_numbers(connected, ["+14155550101", "108"])

    settings = call("GET", PATH).json()

    assert settings["id"] == client_hash(connected.rc_account_id)
    logging = settings["userSettings"]["serverSideLogging"]
    assert (logging["enable"], logging["loggingLevel"]) == (True, "Account")
    assert set(logging["doNotLogNumbers"].split(",")) == {"+14155550101", "108"}
    assert settings["userSettings"]["addCallLogDuration"]["value"] is True
    assert settings["userSettings"]["addCallSessionId"]["value"] is False
    assert {"crmUserId": "u2", "rcExtensionId": [BEN]} in settings["userMappings"]
    assert settings["customAdapter"] is None
    assert not any("token" in name.lower() for name in settings)


@pytest.mark.parametrize(
    ("jwt", "status", "message"),
    [("", 400, "authorize CRM platform"), ("nonsense", 400, "authorize CRM platform")],
)
def test_person_without_a_crm_session_sees_nothing(call, jwt, status, message):
    reply = call("GET", PATH, jwt=jwt)

    assert reply.status_code == status
    assert message in reply.content.decode()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_non_admin_is_refused(call, sandbox, method):
    token = sandbox.access_token("102")

    reply = call(method, PATH, {"adminSettings": {}}, rc_token=token)

    assert (reply.status_code, reply.content) == (403, b"Admin validation failed")


# Who may save


def test_an_admin_saves_without_a_crm_session(call, served, save):
    served["userSettings"]["autoLogCall"] = {"value": True, "customizable": False}

    reply = save(served, jwt="")

    assert (reply.status_code, reply.content) == (200, b"Admin settings updated")
    assert value_of(call, "autoLogCall") is True


def test_ringcentral_token_is_needed_to_save(save, served, connected):
    reply = save(edit(served, "u2", []), rc_token=" ")

    assert (reply.status_code, reply.content) == (403, b"Admin validation failed")
    assert owner_of(connected, BEN) == "u2"


def test_a_whole_companys_settings_are_saved(call, save, served):
    served["userSettings"]["autoLogCall"] = {"value": True, "customizable": False}

    # RingCentral's token in the header is enough.
    reply = save(served | {"other": "x" * 3 * MEGABYTE}, jwt="")

    assert (reply.status_code, reply.content) == (200, b"Admin settings updated")
    assert value_of(call, "autoLogCall") is True


def test_an_old_clients_token_in_the_query_serves_for_long_settings_too(
    call, served, admin_token
):
    long = served | {"other": "x" * 3 * MEGABYTE}

    reply = call(
        "POST",
        f"{PATH}?rcAccessToken={admin_token}",
        {"adminSettings": long},
        rc_token="",
    )

    assert (reply.status_code, reply.content) == (200, b"Admin settings updated")


def test_a_strangers_long_body_is_not_read_for_a_token(client, connected, admin_token):
    body = {"rcAccessToken": admin_token, "adminSettings": {"a": "x" * MEGABYTE}}

    reply = client.post(PATH, body, content_type="application/json")

    assert reply.status_code == 413


def test_a_token_in_the_header_is_judged_before_the_body(call, sandbox):
    no_admin = sandbox.access_token("102")

    reply = call("POST", PATH, b"no JSON", jwt="", rc_token=no_admin)

    assert (reply.status_code, reply.content) == (403, b"Admin validation failed")


def test_another_accounts_session_beside_an_admins_token_is_refused(
    save, served, stranger
):
    theirs = stranger.organization.crm_sessions.create(
        platform="sandbox", crm_user_id="u1", extension_id="1"
    )

    assert save(served, jwt=issue_user_jwt(theirs)).status_code == 403


def test_an_account_that_is_not_set_up_here_is_refused(save, served, connected):
    connected.rc_account_id = "1"
    connected.save()

    assert save(served, jwt="").status_code == 403


def test_denied_person_is_in_the_audit_log(call, connected, sandbox):
    ben = sandbox.access_token("102")

    call("POST", PATH, {"adminSettings": {}}, rc_token=ben)
    call("POST", PATH, {"adminSettings": {}}, rc_token=ben, jwt="")
    call("POST", "/admin/userMapping", {"rcExtensionList": []}, rc_token=ben)
    call("GET", "/admin/serverLoggingSettings", rc_token="")

    denied = connected.audit_entries.filter(action="ACCESS_DENIED").order_by("pk")
    assert list(denied.values_list("actor", "subject")) == [
        ("Ada Admin", "POST /admin/settings"),
        ("Ben Baker", "POST /admin/settings"),
        ("Ada Admin", "POST /admin/userMapping"),
        ("Ada Admin", "GET /admin/serverLoggingSettings"),
    ]


def test_asking_whether_one_is_an_admin_is_no_entry(call, connected, sandbox):
    """Everybody's client does, each time that it is opened."""
    assert call("GET", PATH, rc_token=sandbox.access_token("102")).status_code == 403

    assert not connected.audit_entries.filter(action="ACCESS_DENIED").exists()


def test_refusals_do_not_fill_the_audit_log(call, connected, sandbox):
    for _ in range(MAX_A_MINUTE + 5):
        call("GET", "/admin/serverLoggingSettings", rc_token="")

    denied = connected.audit_entries.filter(action="ACCESS_DENIED")
    assert denied.count() == MAX_A_MINUTE


def test_rate_limit_holds_without_a_session_only(save, monkeypatch):
    monkeypatch.setattr(AdminSettingsView, "max_per_minute", 1)
    moment = timezone.now().replace(second=0)
    monkeypatch.setattr(timezone, "now", lambda: moment)

    statuses = [save({}, jwt="").status_code for _ in range(2)]

    assert statuses == [200, 429]
    assert save({}).status_code == 200


@pytest.fixture
def limited(served, sandbox):
    """RingCentral answers 429 to the question who the admin is, who has proved it before."""
    identity.forget()
    limit = {"path": "extension/~", "status": 429, "code": "CMN-301"}
    sandbox.switch(replies=[limit | {"retryAfter": "30"}])


@pytest.mark.usefixtures("limited")
def test_admin_who_proved_it_saves_while_ringcentral_limits_requests(
    save, served, connected, sandbox
):
    asked = len(sandbox.asked("extension/~"))

    replies = [save(edit(served, "u2", [])), save(edit(served, "u2", []))]

    assert [reply.status_code for reply in replies] == [200, 200]
    assert owner_of(connected, BEN) is None
    assert len(sandbox.asked("extension/~")) == asked + 1, "its wait would begin anew"


@pytest.mark.usefixtures("limited")
def test_without_a_proof_a_rate_limit_is_unavailable_and_no_refusal(
    save, served, connected, crm_session
):
    crm_session.admin_proved_at = None
    crm_session.save()

    for jwt in ("", None):
        reply = save(edit(served, "u2", []), jwt=jwt)

        assert reply.status_code == 503
        assert 0 < int(reply["Retry-After"]) <= 30
    assert owner_of(connected, BEN) == "u2"
    assert not connected.audit_entries.filter(action="ACCESS_DENIED").exists()


def test_ringcentral_that_does_not_answer_is_waited_for_once(save, served, monkeypatch):
    asked = []

    def give_up(token: str) -> None:
        asked.append(token)
        raise Unavailable("RingCentral gave no usable answer (ReadTimeout).")

    monkeypatch.setattr(permissions, "identify", give_up)

    assert save(edit(served, "u2", [])).status_code == 200
    assert len(asked) == 1


@pytest.mark.usefixtures("limited")
def test_removed_admin_does_not_save_by_a_last_proof(save, served, connected, member):
    member.extension_id = seed.extension_id(seed.ADMIN_EXTENSION)
    member.save()
    member.user.is_active = False
    member.user.save()

    assert save(edit(served, "u2", [])).status_code in (403, 503)
    assert owner_of(connected, BEN) == "u2"


# The logging rules, both ways


@pytest.mark.parametrize(
    ("key", "value", "field", "stored"),
    [
        ("logDateFormat", "DD.MM.YYYY HH:mm:ss", "log_date_format", None),
        ("allowExtensionNumberLogging", True, "log_internal_calls", None),
        ("unknownContactPreference", "createNewPlaceholderContact", "no_contact", None),
        ("newContactNamePrefix", "Unknown", "placeholder_prefix", None),
        ("newContactType", "Lead", "placeholder_type", None),
        ("multipleContactsPreference", "earliestCreated", "several_contacts", None),
        (
            "overridingPhoneNumberFormat2",
            "(***) ***-****",
            "phone_number_formats",
            "(***) ***-****",
        ),
    ],
)
def test_a_rule_that_the_client_sets_is_the_consoles(
    call, save, served, connected, key, value, field, stored
):
    served["userSettings"][key] = {"value": value, "customizable": False}

    assert save(served).status_code == 200

    assert getattr(get_settings(connected), field) == (stored or value)
    if key.startswith(
        "overriding"
    ):  # the first of three is the first that is filled in
        key = "overridingPhoneNumberFormat"
    assert value_of(call, key) == value


def test_lines_of_the_note_are_chosen_one_by_one(save, served, connected):
    served["userSettings"]["addCallSessionId"]["value"] = True
    served["userSettings"]["addCallLogDuration"]["value"] = False

    save(served)

    sections = get_settings(connected).note_sections
    assert "addCallSessionId" in sections
    assert "addCallLogDuration" not in sections
    assert "addCallLogResult" in sections


def test_concurrent_change_of_the_console_stays(call, save, served, connected):
    settings = get_settings(connected)
    settings.log_date_format = "DD.MM.YYYY HH:mm:ss"
    settings.save()
    served["userSettings"]["addCallSessionId"]["value"] = True
    served["userSettings"]["logDateFormat"]["customizable"] = False

    save(served)

    assert value_of(call, "logDateFormat") == "DD.MM.YYYY HH:mm:ss"
    assert value_of(call, "addCallSessionId") is True


def test_holding_a_call_which_the_client_does_not_know_stays(call, save, connected):
    settings = get_settings(connected)
    settings.no_contact = "attention"
    settings.save()
    served = call("GET", PATH).json()
    assert served["userSettings"]["unknownContactPreference"]["value"] == "skipLogging"

    save(served)
    del served["asServed"]
    save(served)

    assert get_settings(connected).no_contact == "attention"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("logDateFormat", "yesterday"),
        ("logDateFormat", 7),
        ("addCallLogResult", "yes"),
        ("multipleContactsPreference", "theBest"),
        ("newContactNamePrefix", ""),
        ("newContactNamePrefix", "x" * 1000),
        ("newContactType", {"a": 1}),
        ("overridingPhoneNumberFormat", "no stars"),
    ],
)
def test_a_value_that_the_form_refuses_is_refused_with_its_key(
    save, served, connected, key, value
):
    if key == "newContactNamePrefix":
        preference = {"value": "createNewPlaceholderContact"}
        served["userSettings"]["unknownContactPreference"] = preference
    before = get_settings(connected)
    changed = edit(served, "u2", [])
    changed["userSettings"][key] = {"value": value}
    changed["userSettings"]["another"] = {"value": 1}

    reply = save(changed)

    assert reply.status_code == 400
    assert reply.json()["error"].startswith(f"{key}: ")
    after = get_settings(connected)
    assert vars(after)["log_date_format"] == vars(before)["log_date_format"]
    assert after.no_contact == before.no_contact
    assert not ClientSettings.objects.exists()
    assert owner_of(connected, BEN) == "u2"


def test_whether_the_server_logs_is_not_changed_here(call, save, served, connected):
    logging = {"enable": False, "loggingLevel": "Disable", "doNotLogNumbers": "101"}
    served["userSettings"]["serverSideLogging"] = logging

    assert save(served).status_code == 200

    assert get_settings(connected).is_enabled
    assert not connected.do_not_log_numbers.exists()
    shown = call("GET", PATH).json()["userSettings"]["serverSideLogging"]
    assert shown["enable"] is True


# Everything else is the client's own


def test_clients_own_settings_are_stored_unchanged(call, save, served):
    own = {"value": {"config": {"a": [1, None, "ä"]}}, "customizable": True, "x": 1}
    served["userSettings"]["plugin_7"] = own
    served["customAdapter"] = {"url": "https://adapter.example.com"}

    save(served)

    again = call("GET", PATH).json()
    assert again["userSettings"]["plugin_7"] == own
    assert again["customAdapter"] == {"url": "https://adapter.example.com"}
    del again["userSettings"]["plugin_7"]
    save(again)
    assert "plugin_7" not in call("GET", PATH).json()["userSettings"]


def test_tokens_and_other_members_are_not_taken(call, save, served):
    served |= {"adminAccessToken": "secret", "id": "x", "createdAt": "never"}

    save(served)

    again = call("GET", PATH).json()
    assert "adminAccessToken" not in again
    assert again["id"] == client_hash(seed.ACCOUNT_ID)


def nested(levels: int) -> dict:
    value: dict = {}
    for _ in range(levels):
        value = {"value": value}
    return value


@pytest.mark.parametrize(
    "members",
    [
        {"userSettings": []},
        {"userSettings": {"a": 1}},
        {"userSettings": {"a": {"value": "x" * 300_000}}},
        {"userSettings": {"a": nested(12)}},
        {"userSettings": {"a": {"value": float("nan")}}},
        {"customAdapter": "https://adapter.example.com"},
        {"customConnector": nested(12)},
        {"userMappings": {}},
        {"userMappings": [3]},
        {"userMappings": [{"rcExtensionId": []}]},
        {"userMappings": [{"crmUserId": "u2", "rcExtensionId": [{}]}]},
        {"userMappings": [{"crmUserId": True, "rcExtensionId": [BEN]}]},
    ],
    ids=str,
)
def test_a_member_of_another_shape_is_named(save, served, connected, members):
    reply = save(served | members)

    assert reply.status_code == 400
    assert next(iter(members)) in reply.json()["error"]
    assert not ClientSettings.objects.exists()
    assert not connected.audit_entries.filter(action="SETTINGS_CHANGED").exists()


def test_audit_entry_has_the_changes_and_no_secret(save, served, connected):
    served["userSettings"]["plugin_7"] = {"value": {"apiKey": "very-secret"}}
    served["userSettings"]["addCallSessionId"]["value"] = True

    save(served)
    save(served)

    [entry] = connected.audit_entries.filter(action="SETTINGS_CHANGED")
    assert entry.actor == "Ada Admin"
    assert {change["field"] for change in entry.changes} == {
        "note_sections",
        "plugin_7",
    }
    assert "very-secret" not in str(entry.changes)


# The user mapping


def test_an_extension_is_mapped_in_the_client(call, save, served, connected):
    save(edit(served, "u7", [BEN]))

    assert owner_of(connected, BEN) == "u7"
    assert {"crmUserId": "u7", "rcExtensionId": [BEN]} in call("GET", PATH).json()[
        "userMappings"
    ]
    [entry] = connected.audit_entries.filter(action="MAPPING_CHANGED")
    assert "Extensions: 1" in entry.subject
    mapping = connected.user_mappings.get(extension__extension_id=BEN)
    assert mapping.match == UserMapping.Match.MANUAL


@pytest.mark.parametrize("nobody", [[], "none", None, ""], ids=str)
def test_extension_can_be_unmapped(save, served, connected, nobody):
    save(edit(served, "u2", nobody))

    mapping = connected.user_mappings.get(extension__extension_id=BEN)
    assert (mapping.crm_user, mapping.match) == (None, UserMapping.Match.MANUAL)
    assert connected.user_mappings.mapped().count() == 5


def test_an_old_client_names_one_extension_without_a_list(save, served, connected):
    save(edit(served, "u7", BEN))

    assert owner_of(connected, BEN) == "u7"


def test_stale_object_loses_no_edits(save, served, connected):
    other = seed.extension_id("108")
    user = connected.crm_users.get(crm_user_id="u8")
    map_by_hand(connected.user_mappings.get(extension__extension_id=BEN), user)
    map_by_hand(connected.user_mappings.get(extension__extension_id=other), user)

    save(edit(served, "u7", [seed.extension_id("107")]))

    assert owner_of(connected, BEN) == "u8"
    assert owner_of(connected, other) == "u8"
    assert owner_of(connected, seed.extension_id("107")) == "u7"


def test_session_given_by_another_person_is_not_taken(save, served, connected):
    user = connected.crm_users.get(crm_user_id="u8")
    map_by_hand(connected.user_mappings.get(extension__extension_id=BEN), user)

    save(edit(served, "u2", []))

    assert owner_of(connected, BEN) == "u8"


@pytest.mark.parametrize(
    "base", [None, 7, {}, {"userMappings": [], "userSettings": {}}]
)
def test_without_the_served_object_nothing_is_removed(save, served, connected, base):
    stale = edit(edit(served, "u2", []), "u7", [seed.extension_id("107")])
    stale["asServed"] = base

    save(stale)

    assert owner_of(connected, BEN) == "u2"
    assert owner_of(connected, seed.extension_id("107")) == "u7"


@pytest.mark.parametrize("is_emptied", [True, False])
def test_old_client_that_unmaps_all_unmaps_none(save, served, connected, is_emptied):
    for entry in served["userMappings"]:
        entry["rcExtensionId"] = "none"
    if is_emptied:
        served["userMappings"] = []

    assert save(served).status_code == 200

    assert connected.user_mappings.mapped().count() == 6


@pytest.mark.parametrize(
    ("crm_user_id", "extension_id", "named"),
    [("u7", "123", "extension 123"), ("nobody", BEN, "CRM user nobody")],
)
def test_extension_outside_the_directory_is_named(
    save, served, connected, crm_user_id, extension_id, named
):
    reply = save(edit(served, crm_user_id, [extension_id]))

    assert reply.status_code == 400
    assert named in reply.json()["error"]
    assert owner_of(connected, BEN) == "u2"
    assert not AuditEntry.objects.filter(action="MAPPING_CHANGED").exists()


def test_mapping_change_of_a_client_can_be_undone(save, served, connected):
    save(edit(served, "u7", [BEN]))

    assert (
        connected.mapping_batches.get().get_source_display() == "App Connect's client"
    )
