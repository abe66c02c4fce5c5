"""Passkeys as a second factor: made, used, and every way in which an answer is wrong."""

import json

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appconnect.organizations.models import AuditEntry, Passkey
from appconnect.organizations.security.second_factor import passkeys
from appconnect.organizations.security.second_factor.passkeys import PasskeyRefused
from tests.support.fakes.authenticator import FLAG, Authenticator, options_of
from tests.support.helpers import text_of

ACCOUNT = {"username": "ada", "password": "a good password"}
LOGIN, STEP, SECURITY = "/accounts/login/", "/second-factor/", "/sign-in-security/"
ADD = f"{SECURITY}passkey/"
ORIGIN = "http://localhost:8000"


@pytest.fixture
def device() -> Authenticator:
    return Authenticator(ORIGIN)


def add(console, device, name="Laptop"):
    options = options_of(console.get(ADD).content.decode())
    return console.post(ADD, {"name": name, "passkey": device.create(options)})


@pytest.fixture
def half(console, device) -> Client:
    """A browser in which the password of a person with a passkey was right."""
    add(console, device)
    browser = Client()
    assert browser.post(LOGIN, ACCOUNT).url == STEP
    return browser


def answer(browser, device):
    options = options_of(browser.get(STEP).content.decode())
    return browser.post(STEP, {"passkey": device.get(options)})


def test_a_passkey_is_added_with_recovery_codes_and_signs_in(half, console, device):
    assert "Laptop" in text_of(console.get(SECURITY))
    assert "10 codes left" in text_of(console.get(SECURITY))

    assert answer(half, device).status_code == 302

    assert half.get("/sessions/").status_code == 200
    signed_in = AuditEntry.objects.filter(action="SIGNED_IN").first()
    assert signed_in.subject == "with a password and a passkey"
    assert Passkey.objects.get().last_used_at


def test_removing_a_passkey_is_confirmed_first(console, device):
    add(console, device)

    assert "Remove passkey Laptop? It no longer" in text_of(console.get(SECURITY))


LIES = {
    "another origin": {"origin": "http://localhost:9000"},
    "a host below": {"origin": "http://evil.localhost:8000"},
    "another relying party": {"rp_id": "example.com"},
    "nobody touched it": {"flags": FLAG.UV},
    "nobody proved who it is": {"flags": FLAG.UP},
    "another key": {"key": Authenticator(ORIGIN).key},
    "an unknown passkey": {"credential_id": b"unknown"},
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_forged_answer_signs_nobody_in(half, device, lie):
    for name, value in lie.items():
        setattr(device, name, value)

    page = answer(half, device)

    assert "The passkey wasn't accepted. Try again." in text_of(page)
    assert half.get("/sessions/").status_code == 302


def test_a_challenge_of_somebody_else_is_refused(half, device):
    options = options_of(half.get(STEP).content.decode())
    page = half.post(STEP, {"passkey": device.get({**options, "challenge": "AAAA"})})

    assert "The passkey wasn't accepted." in text_of(page)


def test_an_answer_is_taken_once(half, device):
    """Also from a thief who has the browser's cookies."""
    options = options_of(half.get(STEP).content.decode())
    stolen = half.cookies.copy()
    sent = {"passkey": device.get(options)}
    assert half.post(STEP, sent).status_code == 302

    thief = Client()
    thief.cookies = stolen
    page = thief.post(STEP, sent)

    assert "The page is too old for this passkey." in text_of(page)
    assert thief.get("/sessions/").status_code == 302


def test_the_challenge_of_another_persons_page_does_not_count(half, device, stranger):
    theirs = Client()
    theirs.force_login(stranger.user)
    options = options_of(theirs.get(ADD).content.decode())
    half.cookies["passkey_challenge"] = theirs.cookies["passkey_challenge"].value

    page = half.post(STEP, {"passkey": device.get(options)})

    assert "The page is too old for this passkey." in text_of(page)


def test_a_passkey_that_counts_back_may_be_a_copy(half, device):
    Passkey.objects.update(sign_count=8)
    device.count = 8

    page = answer(half, device)

    assert "This passkey may have been copied." in text_of(page)
    device.count = 9
    assert answer(half, device).status_code == 302


def test_another_members_passkey_does_not_help(half, stranger):
    theirs, browser = Authenticator(ORIGIN), Client()
    browser.force_login(stranger.user)
    add(browser, theirs)

    assert "The passkey wasn't accepted." in text_of(answer(half, theirs))


def test_a_passkey_belongs_to_one_person(console, device, stranger):
    add(console, device)
    browser = Client()
    browser.force_login(stranger.user)

    assert "This passkey has been added already." in text_of(add(browser, device))


@pytest.mark.parametrize("lie", [*LIES][:5])
def test_a_forged_passkey_is_not_added(console, device, lie):
    for name, value in LIES[lie].items():
        setattr(device, name, value)

    assert "The passkey wasn't added. Try again." in text_of(add(console, device))
    assert not Passkey.objects.exists()


def test_only_ones_own_passkey_is_removed(half, console, device, stranger):
    own = Passkey.objects.get()
    browser = Client()
    browser.force_login(stranger.user)
    browser.post(f"{ADD}remove/", {"passkey": own.credential_id})
    assert Passkey.objects.exists()

    console.post(f"{ADD}remove/", {"passkey": own.credential_id})

    assert not Passkey.objects.exists()
    entry = AuditEntry.objects.get(action="SECOND_FACTOR_REMOVED")
    assert entry.subject == "passkey “Laptop”"


@given(
    cut=st.integers(0, 400),
    byte=st.integers(0, 255),
    nested=st.sampled_from(["[" * 9000, "\u00e9" * 3, '{"id": 1}', "null", "1e999"]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_whatever_a_browser_sends_is_refused_in_words(member, cut, byte, nested):
    device = Authenticator(ORIGIN)
    options = passkeys.creation_options(member, b"x" * 32)["publicKey"]
    whole = json.loads(device.create(options))
    attested = whole["response"]["attestationObject"]
    whole["response"]["attestationObject"] = attested[:cut] + f"{byte:02x}" * 3
    for sent in (json.dumps(whole), nested, "x" * 30_000):
        with pytest.raises(PasskeyRefused):
            passkeys.read_passkey(member, sent, challenge=b"x" * 32)


@pytest.mark.parametrize(
    ("public_url", "origin", "possible"),
    [
        ("http://127.0.0.1:8000", "http://localhost:8000", True),
        ("https://calls.example.com", "https://calls.example.com", True),
        ("https://calls.example.com:443", "https://calls.example.com", True),
        ("https://calls.example.com:8443", "https://calls.example.com:8443", True),
        ("http://calls.example.com", "http://calls.example.com", False),
        ("https://203.0.113.7", "https://203.0.113.7", False),
    ],
)
def test_passkeys_are_for_the_public_address(settings, public_url, origin, possible):
    settings.PUBLIC_URL = public_url

    assert (passkeys.origin(), passkeys.are_possible()) == (origin, possible)


def test_where_browsers_make_none_the_page_says_why(console, settings):
    settings.PUBLIC_URL = "https://203.0.113.7"

    for path in (SECURITY, ADD):
        assert "only for https and a host name" in text_of(console.get(path))
