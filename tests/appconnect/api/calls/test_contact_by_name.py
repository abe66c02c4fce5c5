import pytest

from connector.crms.sandbox import Sandbox

PATH = "/custom/contact/search"


def search(call, name: str, **options):
    return call("GET", f"{PATH}?name={name}", **options)


def test_every_contact_with_the_name_is_found(call, sandbox):
    made = [sandbox.add_contact(name="Dora Dean", phone=p)["id"] for p in "12"]

    reply = search(call, "Dora%20Dean%20")

    assert reply.status_code == 200
    assert reply.json()["successful"] is True
    found = [(contact["id"], contact["name"]) for contact in reply.json()["contact"]]
    assert sorted(found) == [(contact_id, "Dora Dean") for contact_id in sorted(made)]


def test_unknown_name_is_said(call, crm_session):
    reply = search(call, "Nobody").json()

    assert (reply["successful"], reply["contact"]) == (True, [])
    assert reply["returnMessage"]["message"] == "Contact not found"
    assert "Nobody" in str(reply["returnMessage"]["details"])


@pytest.mark.parametrize("status", [403, 429, 500])
def test_refusal_of_the_crm_has_an_empty_list(call, sandbox, status):
    """The client counts the contacts before it reads anything else."""
    sandbox.switch(crmFailsWith=status)

    reply = search(call, "Dora")

    assert reply.status_code == 200
    assert (reply.json()["successful"], reply.json()["contact"]) == (False, [])


def test_crm_that_cannot_be_searched_by_name_says_so(call, crm_session, monkeypatch):
    monkeypatch.delattr(Sandbox, "find_contact_with_name")

    reply = search(call, "Dora").json()

    assert (reply["successful"], reply["contact"]) == (False, [])
    assert "does not support looking up contacts by name" in str(reply)


@pytest.mark.parametrize("query", ["", "?name=", "?name=%20", "?name=" + "x" * 201])
def test_wrong_name_is_a_bad_request(call, crm_session, query):
    reply = call("GET", PATH + query)

    assert reply.status_code == 400
    assert "name" in reply.json()["error"]


def test_session_is_needed(call, gone):
    assert b"authorize CRM platform" in search(call, "Dora", jwt="").content
    assert search(call, "Dora", jwt=gone).json()["contact"] == []
