"""Guessing passwords: slowed down, without locking out the account's owner."""

from datetime import timedelta
from functools import partial

import pytest
from django.core.signing import b64_decode
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from appconnect.organizations.models import Attempts, AuditEntry
from appconnect.organizations.models.people import attempts as attempts_model
from appconnect.organizations.people.second_factor import make_recovery_codes
from appconnect.organizations.security.audit import PROGRAM
from appconnect.organizations.security.sign_in_defense import (
    COUNT_LIFETIME,
    MAX_ACCOUNT_WAIT,
    MAX_WAIT,
    signed_in,
    take_attempt,
)
from tests.appconnect.console.sign_in.test_second_factor import STEP, give_app
from tests.support.helpers import text_of

GOOD, NEW = "a good password", "a new and good password"
CONFIRM, CHANGE = "/confirm-sign-in/", "/sign-in-security/password/"
KNOWN_BROWSER = "known_browser"


def sign_in(client, typed="wrong", *, username="ada", address="203.0.113.9"):
    return client.post(
        "/accounts/login/",
        {"username": username, "password": typed},
        headers={"X-Forwarded-For": f"198.51.100.1, {address}"},
    )


@pytest.mark.parametrize("username", ["ada", "nobody-here"])
def test_the_sixth_guess_has_to_wait_whether_or_not_the_account_exists(
    client, member, username
):
    for _ in range(5):
        page = sign_in(client, username=username)
        assert page.status_code == 200

    page = sign_in(client, username=username)

    assert page.status_code == 429
    assert "Too many sign-in attempts. Try again in 15 seconds, or" in text_of(page)
    assert "or continue with RingCentral" in text_of(page)


def test_the_right_password_does_not_help_before_the_wait_is_over(client, member):
    for _ in range(5):
        sign_in(client)

    assert sign_in(client, GOOD).status_code == 429

    Attempts.objects.update(refused_until=timezone.now())
    assert sign_in(client, GOOD).status_code == 302


def test_another_address_is_not_kept_waiting(client, member):
    for _ in range(6):
        sign_in(client)

    assert sign_in(client, GOOD, address="203.0.113.10").status_code == 302


def test_an_address_claimed_by_the_browser_is_no_way_around(client, member):
    for number in range(6):
        page = client.post(
            "/accounts/login/",
            {"username": "ada", "password": "wrong"},
            headers={"X-Forwarded-For": f"192.0.2.{number}, 203.0.113.9"},
        )

    assert page.status_code == 429


def test_the_audit_log_has_each_guess_that_was_looked_at(client, member):
    for _ in range(6):
        sign_in(client)

    failed = AuditEntry.objects.filter(action="SIGN_IN_FAILED")
    assert [entry.subject for entry in failed] == ["with a password"] * 5


def test_a_guess_that_has_to_wait_does_the_same_for_every_account(client, member):
    """The response time must not reveal whether an account exists."""
    asked = {}
    for username in ("ada", "nobody-here"):
        for _ in range(6):
            with CaptureQueriesContext(connection) as queries:
                page = sign_in(client, username=username)
        assert page.status_code == 429
        asked[username] = [query["sql"].split()[0] for query in queries]

    assert asked["ada"] == asked["nobody-here"]


def allowed(tries, *, every: timedelta, now) -> int:
    """Return how many of so many guesses were looked at; `tries` gives name and address."""
    return sum(
        take_attempt(name, address, now=now + number * every) is None
        for number, (name, address) in enumerate(tries)
    )


def test_of_a_thousand_guesses_few_are_looked_at(db, now):
    guesses = [("ada", "203.0.113.9")] * 1000

    assert allowed(guesses, every=timedelta(seconds=1), now=now) <= 12


def test_one_address_cannot_try_a_thousand_accounts(db, now):
    guesses = [(f"user{n}", "203.0.113.9") for n in range(1000)]

    assert allowed(guesses, every=timedelta(seconds=1), now=now) <= 37


def test_a_network_of_ipv6_counts_as_one_address(db, now):
    guesses = [(f"user{n}", f"2001:db8::{n:x}") for n in range(100)]

    assert allowed(guesses, every=timedelta(seconds=1), now=now) <= 35


def test_distributed_guesses_do_not_lock_out_known_address(db, now):
    home = "203.0.113.9"
    take_attempt("ada", home, now=now)
    signed_in("ada", home, now=now)

    guesses = [("ada", f"10.0.{n // 250}.{n % 250}") for n in range(1000)]
    assert allowed(guesses, every=timedelta(0), now=now) <= 30

    assert take_attempt("ada", "192.0.2.1", now=now) is not None
    assert take_attempt("ada", home, now=now) is None


def test_owners_sign_in_from_a_known_address_gives_an_attacker_no_more_guesses(db, now):
    home = "203.0.113.9"
    take_attempt("ada", home, now=now)
    signed_in("ada", home, now=now)
    guesses = [("ada", f"10.0.0.{n}") for n in range(40)]
    allowed(guesses, every=timedelta(0), now=now)

    take_attempt("ada", home, now=now)
    signed_in("ada", home, attempts=2, now=now)

    assert take_attempt("ada", "192.0.2.1", now=now) is not None


def test_no_wait_is_longer_than_a_quarter_of_an_hour_and_all_is_forgotten(db, now):
    for number in range(30):
        moment = now + number * MAX_WAIT
        assert take_attempt("ada", "203.0.113.9", now=moment) is None
    assert take_attempt("ada", "203.0.113.9", now=moment) == MAX_WAIT

    later = moment + COUNT_LIFETIME + timedelta(seconds=1)
    assert allowed([("ada", "203.0.113.9")] * 6, every=timedelta(0), now=later) == 5


def test_expired_attempts_are_deleted(db, now):
    for number in range(10):
        take_attempt(f"user{number}", "203.0.113.9", now=now)

    take_attempt("ada", "203.0.113.9", now=now + 2 * COUNT_LIFETIME)

    assert Attempts.objects.count() == 3


def test_the_table_never_grows_without_end(db, now, monkeypatch):
    monkeypatch.setattr(attempts_model, "MAX_ROWS", 50)

    for number in range(100):
        moment = now + timedelta(seconds=number)
        take_attempt(f"user{number}", f"10.0.0.{number}", now=moment)

    assert Attempts.objects.count() <= 53


def test_attempts_table_has_no_names_or_addresses(client, member):
    sign_in(client)

    kept = str(list(Attempts.objects.values()))
    assert "ada" not in kept
    assert "203.0.113.9" not in kept


def test_the_wait_that_strangers_cause_from_everywhere_is_short(db, now):
    guesses = [("ada", f"10.0.0.{n}") for n in range(30)]
    allowed(guesses, every=timedelta(0), now=now)

    for number in range(20):
        now += MAX_ACCOUNT_WAIT
        assert take_attempt("ada", f"10.0.1.{number}", now=now) is None

    assert take_attempt("ada", "192.0.2.1", now=now) == timedelta(minutes=2)


@pytest.fixture
def strangers(member):
    """Somebody behind the same public address whose wrong passwords are refused by now."""
    strangers = Client()
    for _ in range(6):
        page = sign_in(strangers)
    assert page.status_code == 429
    return strangers


def ask(browser, path, **form):
    return browser.post(path, form, headers={"X-Forwarded-For": "203.0.113.9"})


def change_password(browser, old):
    form = {"old_password": old, "new_password1": NEW, "new_password2": NEW}
    return ask(browser, CHANGE, **form)


def test_strangers_do_not_keep_who_is_signed_in_waiting(console, strangers):
    assert ask(console, CONFIRM, password=GOOD).status_code == 302
    assert change_password(console, GOOD).status_code == 302


def test_guesses_in_a_session_have_to_wait_and_keep_nobody_else_waiting(console):
    for _ in range(3):
        assert "Wrong password." in text_of(ask(console, CONFIRM, password="wrong"))
    for _ in range(2):
        assert "Too many" not in text_of(change_password(console, "wrong"))

    assert "Try again in 15 seconds" in text_of(change_password(console, GOOD))
    assert "Try again in 15 seconds" in text_of(ask(console, CONFIRM, password=GOOD))
    assert sign_in(Client(), GOOD).status_code == 302


@pytest.fixture
def known(member) -> Client:
    """A browser in which ada signed in before."""
    browser = Client()
    assert sign_in(browser, GOOD).status_code == 302
    browser.post("/accounts/logout/")
    return browser


def test_strangers_do_not_keep_a_browser_waiting_that_the_account_knows(
    known, strangers
):
    assert sign_in(known).status_code == 200
    assert sign_in(known, GOOD).status_code == 302
    assert sign_in(strangers, GOOD).status_code == 429


def test_strangers_keep_nobody_waiting_at_the_second_step_either(known, member):
    codes = make_recovery_codes(member, actor=PROGRAM, now=timezone.now())
    give_app(member)
    strangers = Client()
    for _ in range(6):
        sign_in(strangers)

    assert sign_in(known, GOOD).url == STEP
    assert ask(known, STEP, code=codes[0]).url == "/"
    assert ask(known, CONFIRM, password=GOOD).url == STEP
    assert ask(known, STEP, code=codes[1]).url == "/"
    assert sign_in(strangers, GOOD).status_code == 429


def test_guesses_in_a_known_browser_have_to_wait_longer_and_longer(known):
    for _ in range(5):
        assert sign_in(known).status_code == 200
    assert "Try again in 15 seconds" in text_of(sign_in(known, GOOD))

    Attempts.objects.update(refused_until=timezone.now())
    assert sign_in(known).status_code == 200

    assert "Try again in 30 seconds" in text_of(sign_in(known, GOOD))
    assert sign_in(Client(), GOOD).status_code == 302, "it keeps nobody else waiting"


def test_a_browser_is_known_to_its_own_account_alone(stranger, strangers):
    browser = Client()
    assert sign_in(browser, "a password", username="charlie").status_code == 302
    browser.post("/accounts/logout/")

    assert sign_in(browser, GOOD).status_code == 429


def test_a_changed_cookie_is_worthless(known, strangers):
    value = known.cookies[KNOWN_BROWSER].value
    for changed in (value[:-1], "x" + value, "e30:1vPZ5Y:forged", ""):
        known.cookies[KNOWN_BROWSER] = changed
        assert sign_in(known, GOOD).status_code == 429


def test_a_new_password_makes_the_cookies_of_other_browsers_worthless(
    known, console, strangers
):
    change_password(console, GOOD)
    console.post("/accounts/logout/")

    assert sign_in(known, NEW).status_code == 429
    assert sign_in(console, NEW).status_code == 302, "here it was changed"


def test_the_cookie_is_for_this_server_alone_and_names_nobody(client, member, settings):
    settings.SESSION_COOKIE_SECURE = True

    cookie = sign_in(client, GOOD).cookies[f"__Host-{KNOWN_BROWSER}"]

    assert cookie["secure"]
    assert cookie["httponly"]
    assert cookie["path"] == "/"
    assert not cookie["domain"]
    assert cookie["max-age"] == 90 * 24 * 3600
    content = b64_decode(cookie.value.split(":")[0].encode())
    assert b"ada" not in content


def test_a_wrong_password_leaves_no_cookie(client, member):
    assert KNOWN_BROWSER not in sign_in(client).cookies


@pytest.mark.parametrize(
    ("method", "path", "most"),
    [
        ("GET", "/userInfoHash", 60),
        ("GET", "/user/preloadSettings", 60),
        ("GET", "/oauth-callback", 30),
        ("POST", "/apiKeyLogin", 30),
        ("POST", "/admin/settings", 30),
    ],
)
def test_an_open_endpoint_answers_an_address_so_often_a_minute(
    client, db, method, path, most, monkeypatch
):
    moment = timezone.now().replace(second=0)
    monkeypatch.setattr(timezone, "now", lambda: moment)
    ask = partial(client.generic, method)
    for _ in range(most):
        assert ask(path).status_code != 429

    refused = ask(path)

    assert refused.status_code == 429
    assert refused.json() == {
        "successful": False,
        "returnMessage": {
            "message": "Rate limit exceeded",
            "messageType": "warning",
            "ttl": 5000,
            "details": [
                {
                    "title": "Details",
                    "items": [
                        {
                            "id": "1",
                            "type": "text",
                            "text": "Wait a minute, then try again.",
                        }
                    ],
                }
            ],
        },
    }
    assert ask(path, headers={"X-Forwarded-For": "203.0.113.77"}).status_code != 429
