"""OAuth whose addresses depend on the organization, and what else its tokens bring."""

import pytest

from connector.declarative import InvalidDocument
from connector.declarative.documents.loading import load_document
from connector.errors import (
    CredentialsRejected,
    PermanentError,
    SignInEnded,
    TemporaryError,
)
from connector.types import SignInKeeper

REGIONAL = {
    "type": "selectable",
    "selections": [
        {"const": "https://www.zohoapis.com"},
        {"const": "https://www.zohoapis.eu"},
    ],
    "hosts": ["accounts.zoho.com", "accounts.zoho.eu", "content.zohoapis.eu"],
}
ACCOUNTS = "https://accounts.zoho.{{hostname|after:'zohoapis.'}}/oauth/v2"
AUTH = {
    "type": "oauth",
    "clientId": "an-app",
    "clientSecret": "its-secret",
    "authorizationUrl": f"{ACCOUNTS}/auth",
    "tokenUrl": f"{ACCOUNTS}/token",
    "scopes": ["modules.ALL", "users.READ"],
    "scopeSeparator": ",",
    "tokenMembers": {"api": "body.api_domain|after:'://'", "odd": "body.n|number"},
}
OPERATIONS = {"findContact": {"url": "https://{{session.api}}/contacts"}}
TOKENS = {
    "access_token": "t",
    "refresh_token": "r",
    "api_domain": "https://content.zohoapis.eu",
    "n": "no number",
}


def test_addresses_of_the_sign_in_follow_the_organizations_host(write, connect):
    document = write(OPERATIONS, environment=REGIONAL, auth=AUTH)
    crm, http = connect(document, (200, TOKENS), hostname="www.zohoapis.eu")

    info = crm.get_oauth_info()
    assert info.authorization_uri == "https://accounts.zoho.eu/oauth/v2/auth"
    assert info.scope_separator.join(info.scopes) == "modules.ALL,users.READ"
    crm.exchange_code("code", redirect_uri="https://here.example/")
    assert http.requests[0].url == "https://accounts.zoho.eu/oauth/v2/token"


def test_members_of_the_token_reply_are_kept_for_requests(write, connect):
    document = write(OPERATIONS, environment=REGIONAL, auth=AUTH)
    crm, http = connect(document, (200, TOKENS), (200, []), hostname="www.zohoapis.eu")

    tokens = crm.exchange_code("code", redirect_uri="https://here.example/")
    assert (tokens["api"], tokens["refresh_token"]) == ("content.zohoapis.eu", "r")
    assert "odd" not in tokens
    crm.sign_in_keeper = SignInKeeper(tokens)
    assert crm.find_contact("+1") == []
    assert http.requests[-1].url == "https://content.zohoapis.eu/contacts"


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("invalid_code", SignInEnded),
        ("invalid_client", CredentialsRejected),
        ("Access Denied", TemporaryError),
    ],
)
def test_refused_token_with_http_200_is_a_failure(write, connect, code, error):
    document = write(OPERATIONS, environment=REGIONAL, auth=AUTH)
    crm, _ = connect(document, (200, {"error": code}), hostname="www.zohoapis.eu")
    crm.sign_in_keeper = SignInKeeper({"refresh_token": "r"})

    with pytest.raises(error) as caught:
        crm.sign_in({"refresh_token": "r"})
    assert type(caught.value) is error


@pytest.mark.parametrize("hostname", ["", "www.zohoapis.evil"])
def test_sign_in_goes_to_no_host_that_the_manifest_does_not_allow(
    write, connect, hostname
):
    document = write(OPERATIONS, environment=REGIONAL, auth=AUTH)
    crm, http = connect(document, (200, TOKENS), hostname=hostname)

    with pytest.raises(PermanentError, match="environment allows"):
        crm.get_oauth_info()
    with pytest.raises(PermanentError, match="environment allows"):
        crm.exchange_code("code", redirect_uri="https://here.example/")
    assert http.requests == []


@pytest.mark.parametrize(
    ("environment", "changes", "fault"),
    [
        (
            REGIONAL,
            {"tokenUrl": "https://{{hostnam}}/token"},
            "auth.tokenUrl: hostnam is not known here; did you mean hostname?",
        ),
        (
            REGIONAL,
            {"tokenMembers": {"api": "bdy.api_domain"}},
            "auth.tokenMembers.api: bdy is not known here; did you mean body?",
        ),
        (REGIONAL, {"clientId": "{{settings.user}}"}, "auth.clientId: is no template"),
        (
            {"type": "dynamic"},
            {
                "authorizationUrl": "https://crm.example/auth",
                "tokenUrl": "https://{{hostname}}/t",
            },
            "auth.tokenUrl: has the operator's secret, for any host that an admin types; "
            "environment.urlIdentifier is missing",
        ),
    ],
)
def test_mistake_in_the_sign_in_is_named(write, environment, changes, fault):
    auth = {**AUTH, "tokenMembers": {"api": "body.api_domain"}, **changes}
    document = write(OPERATIONS, environment=environment, auth=auth)

    with pytest.raises(InvalidDocument) as caught:
        load_document(document)
    assert fault in caught.value.faults
