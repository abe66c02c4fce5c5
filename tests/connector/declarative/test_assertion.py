"""A private key that a request's assertion is signed with, and the request that carries it."""

import json
import time
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from connector.declarative import InvalidDocument
from connector.declarative.documents.loading import load_document
from connector.errors import InvalidSettings

RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
ASSERTION = {
    "algorithm": ["PS256", "ES256", "ES384"],
    "key": "{{settings.password}}",
    "header": {"kid": "{{settings.user}}"},
    "claims": {
        "iss": "{{settings.user}}",
        "scope": ["rest_webservices"],
        "aud": "https://api.acme.example/v1/token",
    },
}
SIGN_IN = {
    "method": "POST",
    "url": "/token",
    "bodyFormat": "form",
    "assertion": ASSERTION,
    "body": {"grant_type": "client_credentials", "client_assertion": "{{assertion}}"},
    "responseMapping": {"session": {"token": "body.access_token"}},
}
OPERATIONS = {"signIn": SIGN_IN, "getUserInfo": {"url": "/me"}}


def pem(key, *, form=PrivateFormat.PKCS8, encryption=None):
    encryption = encryption or NoEncryption()
    return key.private_bytes(Encoding.PEM, form, encryption).decode()


def key_file(text):
    return json.dumps({"client_email": "a@b.example", "private_key": text})


@pytest.fixture
def sign_in(acme):
    """A function: the pasted key, the assertion → (header, claims) of what is sent."""

    def sign_in(pasted, *, key=RSA_KEY, assertion=ASSERTION):
        crm, http = acme(
            {**OPERATIONS, "signIn": {**SIGN_IN, "assertion": assertion}},
            (200, {"access_token": "t"}),
            credentials={
                "server_logging_settings": {"user": "ada", "password": pasted}
            },
        )
        crm.sign_in({})
        [sent] = parse_qs(http.last_body)["client_assertion"]
        kind = RSAKey if isinstance(key, rsa.RSAPrivateKey) else ECKey
        public = kind.import_key(key.public_key())
        token = jwt.decode(sent, public, algorithms=["PS256", "RS256", "ES256"])
        return token.header, token.claims

    return sign_in


def test_assertion_is_signed_and_lasts_five_minutes(sign_in):
    header, claims = sign_in(pem(RSA_KEY))

    assert header == {"alg": "PS256", "typ": "JWT", "kid": "ada"}
    assert claims.pop("iat") == pytest.approx(time.time() - 30, abs=5)
    assert claims.pop("exp") == pytest.approx(time.time() + 300, abs=5)
    assert claims == {
        "iss": "ada",
        "scope": ["rest_webservices"],
        "aud": "https://api.acme.example/v1/token",
    }


def test_algorithm_is_the_first_that_the_key_fits(sign_in):
    header, _ = sign_in(pem(EC_KEY), key=EC_KEY)

    assert header["alg"] == "ES256"


@pytest.mark.parametrize(
    "pasted",
    [
        pem(RSA_KEY),
        pem(RSA_KEY, form=PrivateFormat.TraditionalOpenSSL),
        pem(RSA_KEY).replace("\n", ""),  # a box of one line drops the line ends
        pem(RSA_KEY).replace("\n", " "),
        pem(RSA_KEY).replace("\n", "\\n"),
        key_file(pem(RSA_KEY)),
    ],
)
def test_key_may_have_lost_its_line_ends(sign_in, pasted):
    claims = {"iss": "ada"}

    header, _ = sign_in(
        pasted, assertion={**ASSERTION, "algorithm": "RS256", "claims": claims}
    )

    assert header["alg"] == "RS256"


@pytest.mark.parametrize(
    ("pasted", "reason"),
    [
        ("", "no private key in it"),
        ("MIIEvQIBADANBg", "no private key in it"),
        (pem(RSA_KEY)[:400], "no private key in it"),
        (pem(RSA_KEY)[:400] + pem(RSA_KEY)[-60:], "cannot be read"),
        (pem(RSA_KEY, encryption=BestAvailableEncryption(b"x")), "has a password"),
        (
            pem(ec.generate_private_key(ec.SECP521R1())),
            "not one for PS256 or ES256 or ES384",
        ),
        (pem(rsa.generate_private_key(65537, 1024)), "not one for PS256"),  # noqa: S505
    ],
)
def test_key_that_cannot_sign_is_named_by_its_field(acme, pasted, reason):
    values = {"user": "ada", "password": pasted}
    assertion = {**ASSERTION, "claims": {}}
    crm, http = acme(
        {**OPERATIONS, "signIn": {**SIGN_IN, "assertion": assertion}},
        credentials={"server_logging_settings": values},
    )

    with pytest.raises(InvalidSettings, match=reason) as caught:
        crm.update_server_logging_settings(values)

    assert caught.value.const == "password"
    assert pasted == "" or pasted not in str(caught.value)
    assert http.requests == []


def test_assertion_is_known_only_to_the_request_that_signs_it(write):
    operations = {
        **OPERATIONS,
        "getUserInfo": {"url": "/me", "query": {"a": "{{assertion}}"}},
    }

    with pytest.raises(InvalidDocument, match=r"query\.a: assertion is not known here"):
        load_document(write(operations))


def test_key_is_a_secret_and_no_text_of_the_document(write):
    assertion = {**ASSERTION, "key": "MIIEvQIBADANBg", "algorithm": "HS256"}
    operations = {**OPERATIONS, "signIn": {**SIGN_IN, "assertion": assertion}}

    with pytest.raises(InvalidDocument) as caught:
        load_document(write(operations))

    assert [fault.partition(":")[0] for fault in caught.value.faults] == [
        "operations.signIn.assertion.algorithm",
        "operations.signIn.assertion.key",
    ]


@pytest.mark.parametrize(
    ("key", "fault"),
    [
        ("{{settings.user}}", "user is not secret in the manifest"),
        ("{{settings.password|pem}}", "there is no filter pem"),
        ("{{settings.key}}", "settings.key is not known here"),
    ],
)
def test_key_is_a_secret_field_of_the_manifest(write, key, fault):
    assertion = {**ASSERTION, "key": key}
    operations = {**OPERATIONS, "signIn": {**SIGN_IN, "assertion": assertion}}

    with pytest.raises(InvalidDocument, match=f"assertion.key: .*{fault}"):
        load_document(write(operations))
