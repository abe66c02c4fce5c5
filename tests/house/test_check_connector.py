"""`manage.py check_connector`: its output for documents, and at a running CRM."""

import json
import os
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from connector.registry import CONNECTORS
from tests.support.helpers import ROOT

SAMPLE = ROOT / "tests/support/data/declarative/sample.declarative.json"
PHONE = "+14155550101"


@pytest.fixture
def change(tmp_path):
    """A function: a change of the sample → the changed document's path."""
    shutil.copy(SAMPLE.with_name("sample.json"), tmp_path)

    def change(changes) -> Path:
        document = json.loads(SAMPLE.read_text())
        changes(document)
        path = tmp_path / SAMPLE.name
        path.write_text(json.dumps(document))
        return path

    return change


@pytest.fixture
def check(sandbox, monkeypatch, capsys):
    """A function: document, options → the command's output and its error."""
    monkeypatch.setenv("CRM_API_USERNAME", "service")
    monkeypatch.setenv("CRM_API_PASSWORD", "sandbox")

    def check(document, *options, hostname=sandbox.host):
        error = ""
        try:
            call_command(
                "check_connector", str(document), "--hostname", hostname, *options
            )
        except CommandError as raised:
            error = str(raised)
        captured = capsys.readouterr()
        return captured.out + captured.err, error

    return check


def test_valid_document_is_reported_as_such(check, sandbox):
    output, error = check(SAMPLE)

    assert "document and manifest OK" in output
    assert error == ""
    assert sandbox.asked("/crm/api/") == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (
            lambda d: d["operations"]["createCallLog"].update(
                boddy=d["operations"]["createCallLog"].pop("body")
            ),
            "operations.createCallLog.boddy: is not known; did you mean body?",
        ),
        (
            lambda d: d["operations"]["createCallLog"]["body"].update(
                ownerId="{{asignee.id}}"
            ),
            "operations.createCallLog.body.ownerId: asignee is not known here; "
            "did you mean assignee?",
        ),
        (
            lambda d: d["operations"].update(
                findContacts=d["operations"].pop("findContact")
            ),
            "operations.findContacts: is not known; did you mean findContact?",
        ),
    ],
    ids=["member", "path", "operation"],
)
def test_fault_has_its_path_and_a_suggestion(check, change, changes, fault):
    output, error = check(change(changes))

    assert output.strip() == fault
    assert error == "sample.declarative.json has errors."


def test_document_is_also_found_in_the_connectors_folder(check, settings):
    settings.CONNECTORS_DIR = str(SAMPLE.parent)

    output, error = check(SAMPLE.name)

    assert "sample.declarative.json: document and manifest OK" in output
    assert error == ""


def test_name_of_the_platform_is_enough(check, settings):
    settings.CONNECTORS_DIR = str(SAMPLE.parent)

    output, _ = check("sample")

    assert "sample.declarative.json: document and manifest OK" in output


@pytest.mark.parametrize(
    ("folder", "elsewhere"),
    [
        ("/nowhere", " or in CONNECTORS_DIR (/nowhere)."),
        ("", ". CONNECTORS_DIR is not set."),
    ],
)
def test_document_that_is_nowhere_is_said_to_be_missing(
    check, settings, folder, elsewhere
):
    settings.CONNECTORS_DIR = folder

    _, error = check("birch.declarative.json")

    assert error == f"birch.declarative.json was not found in {Path.cwd()}{elsewhere}"


def test_missing_operation_is_reported_with_its_effect(check, change):
    document = change(lambda d: d["operations"].pop("getUserList"))

    output, error = check(document)

    assert "getUserList: missing: the manifest enables user mapping." in output
    assert error == "To fix: 1."


def test_live_every_operation_is_tried_and_nothing_changes(check, sandbox):
    before = sandbox.call_logs()

    output, error = check(SAMPLE, "--live", "--phone", PHONE)

    assert error == ""
    assert "updateServerLoggingSettings: credentials accepted." in output
    assert "getUserInfo: Service account (id service), time zone America" in output
    assert "getUserList: 8 users, 8 active" in output
    assert "getLicenseStatus: Ada Admin: Full, valid." in output
    assert "findContact: 0 with +12025550100" in output
    assert f"findContact: 1 with {PHONE}" in output
    assert "sandbox" not in output.replace("Sandbox", ""), "the password"
    assert sandbox.call_logs() == before


def test_live_records_and_a_contact_are_written_and_found(check, sandbox):
    output, error = check(SAMPLE, "--live", "--phone", PHONE, "--write")

    assert error == ""
    record, unowned = sandbox.call_logs()
    assert f"createCallLog: record {record['id']} for" in output
    assert "findCallLogs: the marker finds this record only." in output
    assert "updateCallLog: accepted." in output
    assert "getCallLog: the record has the text that was sent" in output
    assert record["note"] == "A trial: last words.\n"
    assert f"createCallLog: record {unowned['id']} without owner" in output
    assert (record["ownerId"], unowned["ownerId"]) == ("u1", "service")
    [contact] = [c for c in sandbox.contacts() if c["name"] == "A trial: delete me"]
    assert f"createContact: Contact {contact['id']}, found by its number" in output


def test_live_update_that_the_crm_cannot_do_is_told(check, change):
    def forbid(document):
        document["operations"]["updateCallLog"] = {"unsupported": "It changes none"}

    output, error = check(change(forbid), "--live", "--phone", PHONE, "--write")

    assert error == ""
    assert "updateCallLog: It changes none." in output
    assert "getCallLog: the record has the text that was sent" in output


def test_live_contact_is_found_by_its_name(check, change):
    def add(document):
        document["operations"]["findContactWithName"] = {
            "url": "/contacts",
            "query": {"name": "{{name}}"},
            "responseMapping": {"listPath": "body.contacts"},
        }

    output, error = check(change(add), "--live", "--write")

    assert error == ""
    assert "findContactWithName: 1 with the name 'A trial: delete me'." in output


def test_live_contact_of_an_earlier_trial_is_used_again(check, sandbox):
    check(SAMPLE, "--live", "--write")
    output, error = check(SAMPLE, "--live", "--write")

    assert error == ""
    assert "createContact" not in output
    assert len([c for c in sandbox.contacts() if c["phone"] == "+12025550100"]) == 1


def test_live_wrong_credentials_are_tried_once(check, sandbox, monkeypatch):
    monkeypatch.setenv("CRM_API_PASSWORD", "wr0ng-secret")

    output, error = check(SAMPLE, "--live", "--phone", PHONE, "--write")

    assert "CredentialsRejected: Sample CRM answered HTTP 401" in output
    assert error == "To fix: 1."
    assert "wr0ng-secret" not in output
    assert len(sandbox.asked("/crm/api/sessions")) == 1


def test_live_failure_is_reported_with_its_kind(check, change):
    def misread(document):
        document["operations"]["getUserList"]["responseMapping"]["listPath"] = "body.u"

    output, error = check(change(misread), "--live", "--write")

    assert (
        "getUserList: TemporaryError: Sample CRM gave no list at body.u for getUserList."
    ) in output
    assert error == "To fix: 1."


def test_live_path_that_ends_too_early_is_told(check, change):
    def misread(document):
        document["operations"]["getUserList"]["responseMapping"]["listPath"] = "body"

    output, _ = check(change(misread), "--live")

    assert "Sample CRM gave an object, no list, at body for getUserList." in output


def test_live_text_that_is_not_read_is_told_with_its_path(check, change):
    def misread(document):
        mapping = document["operations"]["getCallLog"]["responseMapping"]
        mapping["fullBodyPath"] = "body.nothing"

    output, error = check(change(misread), "--live", "--phone", PHONE, "--write")

    assert "getCallLog: ConnectorError: the text at fullBodyPath is empty." in output
    assert error == "To fix: 1."


def test_live_nothing_is_written_to_a_stranger(check, change, sandbox):
    def find_everybody(document):
        document["operations"]["findContact"] = {
            "url": "/contacts",
            "query": {"phone": PHONE},
            "responseMapping": {"listPath": "body.contacts", "item": {"phonePath": ""}},
        }

    output, _ = check(change(find_everybody), "--live", "--write")

    assert "findContact: uses neither phoneNumber nor parsedPhoneNumber" in output
    assert "findContact: 1 with +12025550100, which no one should have." in output
    assert "createCallLog: needs a contact" in output
    assert sandbox.call_logs() == []


def test_live_contact_with_an_unnamed_number_is_counted(check, change):
    def misname(document):
        mapping = document["operations"]["findContact"]["responseMapping"]
        mapping["item"] = {"phonePath": ["id"]}

    output, error = check(change(misname), "--live", "--phone", PHONE)

    assert "findContact: ConnectorError: 1 found, with another number" in output
    assert error == "To fix: 1."


@pytest.mark.parametrize("number", [PHONE, "+12025550100"])
def test_live_contact_whose_number_is_not_compared_is_told(
    check, change, sandbox, number
):
    def misname(document):
        mapping = document["operations"]["findContact"]["responseMapping"]
        mapping["item"] = {"phonePath": "phones.*.number"}

    if number != PHONE:
        sandbox.add_contact(name="Fiction", phone=number)
    output, error = check(change(misname), "--live", "--phone", PHONE)

    assert "1 found, without a number at phonePath (phones.*.number)" in output
    assert error.startswith("To fix: ")


def test_live_operations_that_may_be_left_out_are_not_mentioned(check, change):
    document = change(lambda d: d["operations"].pop("checkCallLogAccess", None))

    output, _ = check(document, "--live")

    assert "checkCallLogAccess" not in output


def test_live_record_needs_a_contact(check, change):
    document = change(lambda d: d["operations"].pop("createContact"))

    output, _ = check(document, "--live", "--write")

    assert (
        "createCallLog: needs a contact. Add --phone with the number of one." in output
    )


def test_secret_on_command_line_is_refused(check):
    output, error = check(SAMPLE, "--live", "--setting", "apiPassword=sandbox")

    assert error.startswith("apiPassword is a secret, and others could see it here.")
    assert "sandbox" not in output.replace("Sandbox", "")


def test_missing_setting_is_asked_for(check, monkeypatch):
    questions = []
    monkeypatch.delenv("CRM_API_PASSWORD")
    monkeypatch.setattr(
        "appconnect.management.commands.check_connector.ask",
        lambda title, variable: questions.append(title) or "sandbox",
    )

    _, error = check(SAMPLE, "--live", "--setting", "apiUsername=service")

    assert (questions, error) == (["API password"], "")


def test_missing_terminal_names_the_variable(check, monkeypatch):
    monkeypatch.delenv("CRM_API_PASSWORD")
    monkeypatch.setattr("sys.stdin", StringIO(""))

    _, error = check(SAMPLE, "--live")

    assert error == (
        "There is no terminal to ask for API password. Set CRM_API_PASSWORD."
    )


@pytest.mark.parametrize(
    ("hostname", "fault"),
    [
        ("", "Add --hostname with the CRM's host, such as crm.example.com."),
        (
            "https://crm.example.com",
            "--hostname must be a host without https:// or a path, such as crm.example.com.",
        ),
    ],
)
def test_missing_host_is_named(check, sandbox, hostname, fault):
    _, error = check(SAMPLE, "--live", hostname=hostname)

    assert error == fault
    assert sandbox.asked("/crm/api/") == []


def test_host_that_is_not_a_selection_is_refused(check, change):
    document = change(lambda d: None)
    manifest = json.loads(document.with_name("sample.json").read_text())
    manifest["platforms"]["sample"]["environment"] = {
        "type": "selectable",
        "selections": [{"const": "https://eu.crm.example"}],
    }
    document.with_name("sample.json").write_text(json.dumps(manifest))

    _, error = check(document, "--live", hostname="us.crm.example")

    assert error == "--hostname must match the manifest: one of eu.crm.example."


def test_host_without_tls_needs_the_operators_leave(check, sandbox, settings):
    settings.CRM_PRIVATE_HOSTS = []

    output, error = check(SAMPLE, "--live")

    assert f"address: http://{sandbox.host} has no TLS" in output
    assert f"add {sandbox.host} to CRM_PRIVATE_HOSTS" in output
    assert error == "To fix: 1."


def test_host_without_tls_is_not_asked_over_https(check, change, sandbox):
    def use_https(document):
        document["requestDefaults"]["baseUrl"] = "https://{{hostname}}/crm/api"

    output, error = check(change(use_https), "--live")

    assert (
        f"address: https://{sandbox.host}: The host was reached, but it does" in output
    )
    assert error == "To fix: 1."


@pytest.mark.parametrize(
    ("rule", "finding"),
    [
        (
            {"when": "{{body.contacts|not}}", "means": "nothingFound"},
            "findContact: a rule treats HTTP 200 with an error in its body as an empty list.",
        ),
        (
            {"status": [404, 500], "means": "nothingFound"},
            "findContact: a rule treats HTTP 500 with an error in its body as an empty list.",
        ),
        (
            {"status": 503, "means": "success"},
            "findContact: a rule treats HTTP 503 with an error in its body as an empty list.",
        ),
    ],
)
def test_rule_that_takes_a_failure_for_an_empty_list_is_named(
    check, change, rule, finding
):
    def add(document):
        document["operations"]["findContact"]["errors"] = [rule]

    output, error = check(change(add))

    assert finding in output
    assert error == "To fix: 1."


@pytest.mark.parametrize(
    "rule",
    [
        {"status": [204, 404], "means": "nothingFound"},
        {
            "status": 200,
            "when": {"all": ["{{body.contacts|not}}", "{{body.error|not}}"]},
            "means": "nothingFound",
        },
    ],
)
def test_rule_that_says_that_a_list_is_empty_is_in_order(check, change, rule):
    def add(document):
        document["operations"]["findContact"]["errors"] = [rule]

    assert check(change(add))[1] == ""


def test_number_of_which_only_the_first_is_compared_is_named(check, change):
    def choose(document):
        mapping = document["operations"]["findContact"]["responseMapping"]
        mapping["item"] = {"phonePath": "{{phone|default:mobile}}"}

    output, error = check(change(choose))

    assert "findContact: phonePath {{phone|default:mobile}} compares" in output
    assert error == "To fix: 1."


def test_silent_effects_are_named(check, change):
    def leave_out(document):
        for operation in ("signIn", "updateServerLoggingSettings"):
            del document["operations"][operation]
        document["auth"] = {}

    document = change(leave_out)
    manifest = document.with_name("sample.json")
    manifest.write_text(manifest.read_text().replace("{logId}", "{logID}"))

    output, error = check(document)

    assert "getUserInfo: tests new settings before they are saved" in output
    assert "findContact: no phonePath: contacts are accepted without" in output
    assert "requestDefaults.baseUrl: no TLS" in output
    assert "sample.json: logPageUrl: {logID} is unknown" in output
    assert error == "To fix: 1."


def test_pages_that_are_never_turned_are_named(check, change):
    def repeat(document):
        users = document["operations"]["getUserList"]
        users |= {"query": {"size": 100}, "paging": {"counted": True}}

    output, error = check(change(repeat))

    assert (
        "getUserList.paging: the request doesn't use page.number or page.offset, "
        "so every page would be the first."
    ) in output
    assert error == "To fix: 1."


def test_path_of_an_item_that_begins_at_the_reply_is_named(check, change):
    def misread(document):
        mapping = document["operations"]["getUserList"]["responseMapping"]
        mapping["namePath"] = "body.name"

    output, error = check(change(misread))

    expected = "body.name is read from each item of the list. Did you mean name?"
    assert f"getUserList: {expected}" in output
    assert error == ""


def test_key_that_nobody_enters_is_named(check, change):
    document = change(
        lambda d: d.update(auth={"credentialTemplate": "{{apiKey}}", "encode": "none"})
    )

    output, error = check(document)

    assert (
        "auth.credentialTemplate: apiKey belongs to an admin's own session and is empty "
        "here. The form has settings.apiUsername, settings.apiPassword"
    ) in output
    assert error == "To fix: 1."


def test_missing_base_url_is_named(check, change):
    output, error = check(change(lambda d: d.pop("requestDefaults")))

    assert "requestDefaults.baseUrl: missing: /" in output
    assert error == "To fix: 1."


def test_field_without_a_value_is_named(check, change):
    document = change(lambda d: None)
    path = document.with_name("sample.json")
    manifest = json.loads(path.read_text())
    logging = manifest["platforms"]["sample"]["serverSideLogging"]
    logging["additionalFields"][0]["type"] = "text"
    path.write_text(json.dumps(manifest))

    output, error = check(document)

    const = logging["additionalFields"][0]["const"]
    assert (
        "sample.json: serverSideLogging.additionalFields[0].type: text is not a field "
        f"type, so {const} has no value."
    ) in output
    assert error == "To fix: 1."


def test_a_fresh_clone_needs_no_keys(tmp_path):
    """As the README has it, before anything was set up."""
    document = ROOT / "connector/crms/tryton.declarative.json"
    done = subprocess.run(
        [sys.executable, "manage.py", "check_connector", str(document)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "ENV_FILE": str(tmp_path / ".env")},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr


def test_without_a_document_every_connector_is_loaded(monkeypatch, capsys, tmp_path):
    call_command("check_connector")
    assert "tryton: OK" in capsys.readouterr().out

    faulty = tmp_path / "acme.declarative.json"
    faulty.write_text("[]")
    monkeypatch.setitem(CONNECTORS, "acme", str(faulty))
    with pytest.raises(CommandError, match="Connectors that can't be used: 1"):
        call_command("check_connector")

    captured = capsys.readouterr()
    assert "tryton: OK" in captured.out
    assert str(faulty) in captured.err
