import pytest

from appconnect.api.base.authentication import issue_user_jwt

PATH = "/licenseStatus"


def test_a_valid_license(call):
    assert call("GET", PATH).json() == {
        "isLicenseValid": True,
        "licenseStatus": "Full",
        "licenseStatusDescription": "",
    }


def test_a_license_that_ran_out(call, sandbox):
    sandbox.switch(crmUnlicensed=["u1"])

    reply = call("GET", PATH).json()

    assert (reply["isLicenseValid"], reply["licenseStatus"]) == (False, "Expired")


@pytest.mark.parametrize("jwt", ["", "nonsense"])
def test_without_a_session_the_answer_still_is_200(call, jwt):
    reply = call("GET", PATH, jwt=jwt)

    assert reply.status_code == 200
    assert reply.json() == {
        "isLicenseValid": False,
        "licenseStatus": "Invalid (Invalid user session)",
        "licenseStatusDescription": "",
    }


def test_a_bad_token_of_an_old_client_is_said_so(call):
    reply = call("GET", PATH + "?jwtToken=nonsense", jwt="")

    assert (reply.status_code, reply.content) == (400, b"Invalid JWT token")
    both = call("GET", PATH + "?jwtToken=nonsense", jwt="nonsense")
    assert both.json()["licenseStatus"] == "Invalid (Invalid user session)"


def test_removed_crm_user(call, crm_session):
    jwt = issue_user_jwt(crm_session)
    crm_session.delete()

    reply = call("GET", PATH, jwt=jwt)

    assert reply.json()["licenseStatus"] == "Invalid (User not found)"


def test_a_crm_that_does_not_answer(call, sandbox):
    sandbox.switch(crmFailsWith=503)

    reply = call("GET", PATH)

    assert reply.status_code == 200
    expected = "Invalid (Connect to get license status)"
    assert reply.json()["licenseStatus"] == expected
