"""The subscription, against the sandbox and with our real webhook behind a real server."""

from datetime import timedelta

import pytest
import requests

from appconnect.organizations.models import LoggingSubscription, ServerLoggingSettings
from appconnect.organizations.ringcentral_connection import open_ringcentral
from appconnect.organizations.subscription import keep_subscription, needs_keeping
from appconnect.ringcentral.errors import SignInRefused, Unavailable

Level = ServerLoggingSettings.LoggingLevel
Status = LoggingSubscription.Status
HANDSHAKE = {"Validation-Token": "abc", "Content-Type": "application/json"}


@pytest.fixture
def reachable(transactional_db, live_server, connected, settings):
    """The organization, with a webhook that RingCentral can reach."""
    settings.PUBLIC_URL = live_server.url
    return connected


def at_ringcentral(organization, now) -> list[dict]:
    with open_ringcentral(organization, now=now) as client:
        return client.get("/restapi/v1.0/subscription")["records"]


def set_level(organization, level: Level) -> None:
    organization.server_logging_settings.update(logging_level=level)


def test_it_is_created_with_the_handshake(reachable, now):
    assert needs_keeping(reachable, now=now)

    keep_subscription(reachable, now=now)

    subscription = reachable.logging_subscriptions.get()
    assert subscription.status == Status.ACTIVE
    [theirs] = at_ringcentral(reachable, now)
    assert theirs["id"] == subscription.subscription_id
    assert theirs["eventFilters"] == [
        "/restapi/v1.0/account/800100200/telephony/sessions"
    ]
    assert not needs_keeping(reachable, now=now)


def test_the_answer_to_the_handshake_is_small_enough(reachable, now):
    keep_subscription(reachable, now=now)
    address = reachable.logging_subscriptions.get().address

    reply = requests.post(address, headers=HANDSHAKE, timeout=5)

    headers = "".join(f"{k}: {v}\r\n" for k, v in reply.headers.items())
    assert reply.status_code == 200
    assert reply.headers["Validation-Token"] == "abc"
    assert len("HTTP/1.1 200 OK\r\n" + headers + "\r\n") + len(reply.content) <= 1024


def test_trial_mode_listens_to_the_admins_extension_only(reachable, now):
    keep_subscription(reachable, now=now)
    set_level(reachable, Level.USER)
    assert needs_keeping(reachable, now=now)

    keep_subscription(reachable, now=now)

    [theirs] = at_ringcentral(reachable, now)
    assert "/extension/800100101/" in theirs["eventFilters"][0]
    assert reachable.logging_subscriptions.count() == 1


def test_switched_off_it_is_deleted(reachable, now):
    keep_subscription(reachable, now=now)
    set_level(reachable, Level.DISABLE)

    keep_subscription(reachable, now=now)

    assert at_ringcentral(reachable, now) == []
    assert not reachable.logging_subscriptions.exists()
    assert not needs_keeping(reachable, now=now)


def test_it_is_renewed_in_the_second_half_of_its_life(reachable, sandbox, now):
    keep_subscription(reachable, now=now)
    was = reachable.logging_subscriptions.get()
    sandbox.advance(timedelta(days=4).total_seconds())
    later = now + timedelta(days=4)

    keep_subscription(reachable, now=later)

    subscription = reachable.logging_subscriptions.get()
    assert subscription.pk == was.pk
    assert subscription.expires_at > was.expires_at + timedelta(days=3)


def test_one_that_expired_is_replaced(reachable, sandbox, now):
    keep_subscription(reachable, now=now)
    was = reachable.logging_subscriptions.get()
    sandbox.advance(timedelta(days=8).total_seconds())
    later = now + timedelta(days=8)

    keep_subscription(reachable, now=later)

    subscription = reachable.logging_subscriptions.get()
    assert subscription.pk != was.pk
    assert subscription.status == Status.ACTIVE
    assert len(at_ringcentral(reachable, later)) == 1


def test_a_webhook_that_cannot_be_reached_is_said_so_and_tried_again(
    connected, settings, now
):
    settings.PUBLIC_URL = "http://127.0.0.1:9"

    keep_subscription(connected, now=now)

    subscription = connected.logging_subscriptions.get()
    assert subscription.status == Status.FAILED
    assert "SUB-521" in subscription.failure
    assert needs_keeping(connected, now=now)


def test_an_unreachable_webhook_does_not_cost_the_subscription_there_is(
    reachable, settings, now
):
    keep_subscription(reachable, now=now)
    was = reachable.logging_subscriptions.get()
    set_level(reachable, Level.USER)
    settings.PUBLIC_URL = "http://127.0.0.1:9"

    keep_subscription(reachable, now=now)
    keep_subscription(reachable, now=now)

    assert [s["id"] for s in at_ringcentral(reachable, now)] == [was.subscription_id]
    assert reachable.logging_subscriptions.count() == 2


def test_a_rejected_token_is_replaced_at_the_next_attempt(connected, sandbox, now):
    with open_ringcentral(connected, now=now) as client:
        client.get("/restapi/v1.0/account/~")
    sandbox.switch(revokeTokens=True)

    with (
        pytest.raises(Unavailable),
        open_ringcentral(connected, now=now) as client,
    ):
        client.get("/restapi/v1.0/account/~")

    with open_ringcentral(connected, now=now) as client:
        assert client.get("/restapi/v1.0/account/~")["id"] == 800100200


def test_a_token_is_used_until_it_runs_out(connected, sandbox, now):
    for minutes in (0, 30, 59):
        later = now + timedelta(minutes=minutes)
        with open_ringcentral(connected, now=later):
            pass

    assert len(sandbox.asked("/oauth/token")) == 2


def test_a_refused_sign_in_is_kept_for_the_connections_page(connected, now):
    connection = connected.ringcentral_connection
    connection.jwt = "nonsense"
    connection.save()

    with pytest.raises(SignInRefused), open_ringcentral(connected, now=now):
        pass

    connection.refresh_from_db()
    assert "OAU-213" in connection.failure
    assert "nonsense" not in connection.failure
