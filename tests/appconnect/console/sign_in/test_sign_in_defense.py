"""Guessing passwords: slowed down, without locking out the account's owner."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from appconnect.organizations.models import Attempts, AuditEntry
from appconnect.organizations.models.people import attempts as attempts_model
from appconnect.organizations.security.sign_in_defense import (
    COUNT_LIFETIME,
    MAX_WAIT,
    signed_in,
    take_attempt,
)
from tests.support.helpers import text_of

GOOD = "a good password"


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
