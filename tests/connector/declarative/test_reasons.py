"""The CRM's own reason reaches the admin, from where the document says it is."""

import pytest

from connector.declarative import InvalidDocument
from connector.declarative.documents.loading import load_document
from connector.errors import (
    AlreadyExists,
    ConnectorError,
    PermanentError,
    TemporaryError,
    UnknownOutcome,
)
from connector.testing.samples import create_call_log

CREATE = {"createCallLog": {"method": "POST", "url": "/calls"}}
ODD_BODY = {"fel": [{"text": "Kontot är låst för <b>+46701234567</b>"}]}


@pytest.mark.parametrize(
    ("rule", "reply", "kind", "reason"),
    [
        (
            {"status": 422, "means": "refused", "message": "{{body.fel.0.text}}"},
            (422, ODD_BODY),
            PermanentError,
            "Kontot är låst för …",
        ),
        (
            {"message": "{{headers.X-Error|default:body.fel.0.text}}"},
            (422, {}, {"X-Error": "Quota used up"}),
            PermanentError,
            "Quota used up",
        ),
        (
            {"message": "{{headers.X-Error|default:body.fel.0.text}}"},
            (500, ODD_BODY),
            UnknownOutcome,
            "Kontot är låst för …",
        ),
        (
            {"status": 422, "means": "refused", "message": "the account is locked"},
            (422, {"message": "Locked since Monday"}),
            PermanentError,
            "Locked since Monday",
        ),
        (
            {"means": "refused", "message": "{{body.fel|number}}"},
            (422, ODD_BODY),
            PermanentError,
            "",
        ),
    ],
)
def test_reason_is_taken_from_where_the_document_says(acme, rule, reply, kind, reason):
    crm, _ = acme(CREATE, reply, errors=[rule])

    with pytest.raises(kind) as caught:
        create_call_log(crm, owner=None)
    assert caught.value.reason == reason
    assert "Kontot" not in str(caught.value)
    assert f"HTTP {reply[0]}" in str(caught.value)


@pytest.mark.parametrize(
    ("rule", "status"),
    [(None, 409), ({"status": 400, "when": "{{body.id}}", "means": "duplicate"}, 400)],
)
def test_contact_that_exists_already_is_named_by_the_crm(acme, rule, status):
    create = {"createContact": {"method": "POST", "url": "/contacts"}}
    reply = {"message": "Contact already exists. Existing ID: 37", "id": 37}
    crm, _ = acme(create, (status, reply), errors=[rule] if rule else [])

    with pytest.raises(AlreadyExists) as caught:
        crm.create_contact("+16505550100", name="New")
    assert caught.value.reason == "Contact already exists. Existing ID: 37"


def test_rule_without_a_meaning_changes_no_success(acme):
    crm, _ = acme(
        CREATE, (200, {"id": 5, "fel": "no"}), errors=[{"message": "{{body.fel}}"}]
    )

    assert create_call_log(crm, owner=None) == "5"


def test_rule_without_a_meaning_leaves_the_other_rules_alone(acme):
    operations = {"getCallLog": {"url": "/c/{{thirdPartyLogId}}"}}
    crm, _ = acme(operations, (404, ODD_BODY), errors=[{"message": "{{body.fel}}"}])

    assert crm.get_call_log("5") is None


def test_error_inside_a_list_gives_its_reason(acme):
    find = {"findContact": {"url": "/c", "responseMapping": {"listPath": "body.items"}}}
    crm, _ = acme(find, (200, {"status": "error", "message": "Too many requests"}))

    with pytest.raises(TemporaryError) as caught:
        crm.find_contact("+1")
    assert caught.value.reason == "Too many requests"


def test_reason_does_not_repeat_the_credentials(acme):
    auth = {"credentialTemplate": "{{settings.password}}", "encode": "none"}
    crm, _ = acme(
        CREATE,
        (403, {"fel": "no rights for hunter-too"}),
        errors=[{"message": "{{body.fel}}"}],
        auth=auth,
        credentials={"server_logging_settings": {"password": "hunter-too"}},
    )

    with pytest.raises(ConnectorError) as caught:
        create_call_log(crm, owner=None)
    assert caught.value.reason == "no rights for …"


@pytest.mark.parametrize("rule", [{"message": "{{boddy.x}}"}, {"status": 400}])
def test_rule_needs_a_meaning_or_a_message_of_the_reply(write, rule):
    with pytest.raises(InvalidDocument, match=r"errors\[0\]"):
        load_document(write(CREATE, errors=[rule]))


@pytest.mark.parametrize(("log_id", "is_there"), [("5", True), ("6", False)])
def test_rule_of_an_operation_sees_what_its_request_was_made_from(
    acme, log_id, is_there
):
    record = "body.calls[id=$.thirdPartyLogId].0"
    read = {
        "url": "/calls",
        "errors": [{"when": f"{{{{{record}|not}}}}", "means": "nothingFound"}],
        "responseMapping": {"fullBodyPath": f"{record}.text"},
    }
    crm, _ = acme({"getCallLog": read}, (200, {"calls": [{"id": 5, "text": "Hi"}]}))

    assert bool(crm.get_call_log(log_id)) == is_there
