"""`manage.py check_connector`: what it says of documents, and of a CRM that is there."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.support.helpers import ROOT

SAMPLE = ROOT / "tests/support/data/declarative/sample.declarative.json"
PHONE = "+14155550101"


@pytest.fixture
def change(tmp_path):
    """Give a function: a change of the sample → the changed document's path."""
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
    """Give a function: document, options → what the command said, and how it ended."""
    monkeypatch.setenv("CRM_API_USERNAME", "service")
    monkeypatch.setenv("CRM_API_PASSWORD", "sandbox")

    def check(document, *options, hostname=sandbox.host):
        ended = ""
        try:
            call_command(
                "check_connector", str(document), "--hostname", hostname, *options
            )
        except CommandError as error:
            ended = str(error)
        said = capsys.readouterr()
        return said.out + said.err, ended

    return check


def test_a_document_in_order_is_said_to_be(check, sandbox):
    said, ended = check(SAMPLE)

    assert "are in order" in said
    assert ended == ""
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
def test_a_fault_is_named_with_its_path_and_what_may_be_meant(
    check, change, changes, fault
):
    said, ended = check(change(changes))

    assert said.strip() == fault
    assert ended == "sample.declarative.json is not in order."


def test_an_operation_that_is_missing_is_said_with_its_cost(check, change):
    document = change(lambda d: d["operations"].pop("getUserList"))

    said, ended = check(document)

    assert "getUserList: is missing: the manifest enables user mapping." in said
    assert ended == "1 of these need a change."


def test_live_every_operation_is_tried_and_nothing_changes(check, sandbox):
    before = sandbox.call_logs()

    said, ended = check(SAMPLE, "--live", "--phone", PHONE)

    assert ended == ""
    assert "updateServerLoggingSettings: the credentials are accepted." in said
    assert "getUserInfo: Service account (id service), time zone America" in said
    assert "getUserList: 8 users, 8 active" in said
    assert "getLicenseStatus: Ada Admin: Full, valid." in said
    assert "findContact: 0 with +12025550100" in said
    assert f"findContact: 1 with {PHONE}" in said
    assert "sandbox" not in said.replace("Sandbox", ""), "the password"
    assert sandbox.call_logs() == before


def test_live_a_record_is_written_found_and_read_again(check, sandbox):
    said, ended = check(SAMPLE, "--live", "--phone", PHONE, "--write")

    assert ended == ""
    [record] = sandbox.call_logs()
    assert f"createCallLog: record {record['id']} for" in said
    assert "findCallLogs: the marker finds the record, and no other." in said
    assert "updateCallLog: accepted." in said
    assert "getCallLog: the record has the new text" in said
    assert record["note"] == "A trial: last words.\n"


def test_live_wrong_credentials_are_tried_once(check, sandbox, monkeypatch):
    monkeypatch.setenv("CRM_API_PASSWORD", "wr0ng-secret")

    said, ended = check(SAMPLE, "--live", "--phone", PHONE, "--write")

    assert "CredentialsRejected: sample answered HTTP 401" in said
    assert ended == "1 of these need a change."
    assert "wr0ng-secret" not in said
    assert len(sandbox.asked("/crm/api/sessions")) == 1


def test_live_what_fails_is_said_with_its_kind(check, change):
    def misread(document):
        document["operations"]["getUserList"]["responseMapping"]["listPath"] = "body.u"

    said, ended = check(change(misread), "--live", "--write")

    assert (
        "getUserList: PermanentError: sample gave no list at body.u for getUserList."
    ) in said
    assert "createCallLog: needs a contact: give the number of one." in said
    assert ended == "2 of these need a change."


def test_a_secret_is_not_taken_where_others_can_see_it(check):
    said, ended = check(SAMPLE, "--live", "--setting", "apiPassword=sandbox")

    assert ended == "apiPassword is a secret: others could see it here."
    assert "sandbox" not in said.replace("Sandbox", "")


def test_what_is_not_given_is_asked_for(check, monkeypatch):
    asked = []
    monkeypatch.delenv("CRM_API_PASSWORD")
    monkeypatch.setattr(
        "appconnect.management.commands.check_connector.ask",
        lambda what: asked.append(what) or "sandbox",
    )

    _, ended = check(SAMPLE, "--live", "--setting", "apiUsername=service")

    assert (asked, ended) == (["API password"], "")


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
