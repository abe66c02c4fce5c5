import pytest

from appconnect.api.base.authentication import issue_user_jwt
from appconnect.sandbox.ringcentral import seed
from tests.support.organization import connect_to_crm

PATH = "/contact"


def found(reply) -> list[str]:
    return [c["id"] for c in reply.json()["contact"] if not c.get("isNewContact")]


@pytest.mark.parametrize(
    "written", ["%2B14155550101", " 14155550101", "(415) 555-0101"]
)
def test_a_number_finds_its_contact_however_it_is_written(call, connected, written):
    reply = call("GET", f"{PATH}?phoneNumber={written}")

    assert found(reply) == ["c1"]
    assert reply.json()["successful"] is True
    assert reply.json()["returnMessage"] is None


def test_client_may_write_formats_with_number_signs(call, sandbox):
    made = sandbox.add_contact(name="Dora", phone="(415) 555-0199")
    mask = "(%23%23%23) %23%23%23-%23%23%23%23"

    reply = call("GET", f"{PATH}?phoneNumber=%2B14155550199&overridingFormat={mask}")

    assert found(reply) == [made["id"]]


def test_format_that_is_none_is_named(call, connected):
    query = "?phoneNumber=%2B14155550199&overridingFormat=***-abc,,(***) ***-****"
    [detail] = call("GET", PATH + query).json()["returnMessage"]["details"]

    text = str(detail)
    assert "The format “***-abc” was not used" in text
    assert "(***)" not in text


def test_the_client_can_offer_to_create_one(call, connected):
    contacts = call("GET", PATH + "?phoneNumber=%2B14155550199").json()["contact"]

    assert [contact["id"] for contact in contacts] == ["createNewContact"]


def test_an_unknown_number_is_said_and_successful(call, connected):
    body = call("GET", PATH + "?phoneNumber=%2B14155550199").json()

    assert body["successful"] is True
    assert body["returnMessage"]["message"] == "Contact not found"
    assert body["returnMessage"]["messageType"] == "warning"


def test_ended_session_finds_and_creates_no_contact(call, gone):
    found = call("GET", PATH + "?phoneNumber=%2B14155550101", jwt=gone)
    new = {"phoneNumber": "+14155550177", "newContactName": "Dora Dean"}
    made = call("POST", PATH, new, jwt=gone)

    for reply, message in ((found, "Contact not found"), (made, "User not found")):
        message = {"message": message, "messageType": "warning", "ttl": 5000}
        assert reply.status_code == 200
        assert reply.json() == {"successful": False, "returnMessage": message}


def test_the_crm_is_asked_once_in_some_minutes_unless_it_is_forced(call, sandbox):
    for _ in range(3):
        call("GET", PATH + "?phoneNumber=%2B14155550101")
    assert len(sandbox.asked("/crm/api/contacts")) == 1

    call("GET", PATH + "?phoneNumber=%2B14155550101&isForceRefreshAccountData=true")
    assert len(sandbox.asked("/crm/api/contacts")) == 2


def test_people_do_not_share_what_the_crm_showed_one_of_them(call, connected, sandbox):
    other = connect_to_crm(
        connected, api_key=seed.api_key_of("u2"), extension_id=seed.extension_id("102")
    )
    for jwt in (None, issue_user_jwt(other)):
        assert found(call("GET", f"{PATH}?phoneNumber=%2B14155550101", jwt=jwt))

    searches = sandbox.asked("/crm/api/contacts")
    assert len(searches) == 2, "each asks with their own key"


def test_three_formats_are_searched_at_most(call, sandbox):
    formats = ",".join(f"({'*' * 3}) {'*' * n}-{'*' * (7 - n)}" for n in range(1, 7))
    reply = call("GET", f"{PATH}?phoneNumber=%2B14155550199&overridingFormat={formats}")

    assert len(sandbox.asked("/crm/api/contacts")) == 1 + 3
    assert "Only three formats are used." in str(reply.json()["returnMessage"])


def test_a_crm_that_does_not_answer_is_said_and_asked_again(call, sandbox):
    sandbox.switch(crmFailsWith=500)
    refused = call("GET", PATH + "?phoneNumber=%2B14155550101").json()
    sandbox.switch(crmFailsWith=0)

    assert refused["successful"] is False
    assert refused["returnMessage"]["message"] == "Error finding contact"
    assert found(call("GET", PATH + "?phoneNumber=%2B14155550101")) == ["c1"]


@pytest.mark.parametrize("query", ["", "?phoneNumber=", "?phoneNumber=%2B"])
def test_without_a_number_it_is_a_bad_request(call, connected, query):
    reply = call("GET", PATH + query)

    assert reply.status_code == 400
    assert "phoneNumber" in reply.json()["error"]


def test_a_contact_is_created_and_then_found(call, sandbox):
    made = call(
        "POST",
        PATH,
        {
            "phoneNumber": "+14155550199",
            "newContactName": "Nora New",
            "newContactType": "Contact",
        },
    ).json()

    assert made["successful"] is True
    assert made["contact"]["name"] == "Nora New"
    assert found(call("GET", PATH + "?phoneNumber=%2B14155550199")) == [
        made["contact"]["id"]
    ]


@pytest.mark.parametrize("body", [None, [], {}, {"phoneNumber": "+14155550199"}])
def test_a_contact_needs_a_number_and_a_name(call, connected, body):
    assert call("POST", PATH, body).status_code == 400
