"""A CRM by its document alone, whose search is fuzzy and whose failures say HTTP 200."""

import json
from datetime import timedelta

import pytest
from django.core.cache import cache

from appconnect.calls import pipeline
from appconnect.calls.models import CallSession
from appconnect.calls.models.choices import SkipReason
from appconnect.organizations.mapping.directory import store_crm_users
from appconnect.organizations.mapping.user_mapping import auto_match
from appconnect.sandbox.ringcentral import seed
from connector import registry
from connector.types import CrmUser, Party
from tests.support.fakes.server import Answer, FakeCrm
from tests.support.helpers import ROOT
from tests.support.organization import make_logging_settings

Status = CallSession.Status
BIRCH = ROOT / "tests/support/data/declarative/birch.declarative.json"
NUMBER = "+16505550100"
STRANGER = {
    "id": 7,
    "first_name": "Walt",
    "phone": "(415) 555-0199",
    "notes": "call back 6505550100",
}
ADA = {"id": 8, "first_name": "Ada", "mobile": "(650) 555-0100"}


class FuzzyCrm(FakeCrm):
    people = (STRANGER,)

    def answer(self, request):
        if request.method == "POST":
            return Answer(201, {"id": len(self.requests_to(request.path))})
        return Answer(200, {"people": list(self.people), "calls": []})


@pytest.fixture
def crm(tmp_path, monkeypatch, settings):
    """The stand-in, known to the program as the CRM `fuzzy`."""
    with FuzzyCrm() as crm:
        manifest = json.loads(BIRCH.with_name("birch.json").read_text())
        platform = manifest["platforms"].pop("birch")
        manifest["platforms"]["fuzzy"] = {
            **platform,
            "name": "fuzzy",
            "environment": {"type": "dynamic"},
        }
        document = json.loads(BIRCH.read_text())
        document["meta"]["name"] = "fuzzy"
        document["requestDefaults"]["baseUrl"] = "http://{{hostname}}"
        path = tmp_path / "fuzzy.declarative.json"
        path.write_text(json.dumps(document))
        path.with_name("fuzzy.json").write_text(json.dumps(manifest))
        monkeypatch.setitem(registry.CONNECTORS, "fuzzy", str(path))
        settings.CRM_PRIVATE_HOSTS = [crm.host]
        registry.get_platform.cache_clear()
        cache.clear()
        yield crm
        registry.get_platform.cache_clear()


@pytest.fixture
def log_call(organization, crm, make_call, now, monkeypatch):
    """A function: a call from the number is logged; returns it."""
    monkeypatch.setattr(pipeline, "running_from", lambda now: lambda: now)
    organization.platform, organization.crm_hostname = "fuzzy", crm.host
    organization.save()
    users = [
        CrmUser(id=str(number), name=name, email=email)
        for number, (_, name, email) in enumerate(seed.CRM_USERS)
    ]
    store_crm_users(organization, users)
    auto_match(organization)
    stored = make_logging_settings(organization, since=now - timedelta(days=2))
    stored.platform = "fuzzy"
    stored.additional_field_values = {"apiToken": "a-token"}
    stored.no_contact = "createNewPlaceholderContact"
    stored.save()

    def log_call() -> CallSession:
        call = make_call(outside=Party(phone_number=NUMBER))
        claimed = CallSession.objects.claim(call.pk, now)
        pipeline.process(claimed, now=now)
        call.refresh_from_db()
        return call

    return log_call


def test_call_is_not_logged_to_a_stranger(organization, crm, log_call):
    organization.server_logging_settings.update(no_contact="skipLogging")

    call = log_call()

    assert (call.status, call.reason) == (Status.SKIPPED, SkipReason.NO_CONTACT)
    assert crm.requests_to("/calls") == []


def test_call_is_logged_to_the_contact_with_the_number(crm, log_call):
    crm.people = (STRANGER, ADA)

    call = log_call()

    assert call.status == Status.LOGGED
    [record] = [request for request in crm.requests if request.method == "POST"]
    assert (record.path, record.json["person_id"]) == ("/calls", 8)


@pytest.mark.parametrize(
    "failure",
    [
        {"status": "error", "message": "Too many requests"},
        {"data": None, "errors": [{"message": "timeout"}]},
        {"people": [], "error": "timeout"},
    ],
)
def test_failure_with_http_200_creates_no_placeholder(crm, log_call, failure):
    crm.next_answers["/people"] = [Answer(200, failure)] * 3

    call = log_call()

    assert call.status == Status.WAITING_TO_LOG
    assert call.next_attempt_at is not None
    assert [request for request in crm.requests if request.method == "POST"] == []


def test_unknown_number_gets_a_placeholder_of_the_owner(crm, log_call):
    assert log_call().status == Status.LOGGED
    contact, record = [r for r in crm.requests if r.method == "POST"]
    assert (contact.path, record.path) == ("/people", "/calls")
    assert contact.json["owner_id"] == record.json["owner_id"]
