"""The one sign-in at RingCentral: refreshed, shared, lost and found, against the sandbox."""

from datetime import timedelta

import pytest

from appconnect.monitoring.alerts.alerting import check_alerts
from appconnect.organizations.connections.ringcentral_connection import (
    CHECK_INTERVAL,
    check_connection,
    connect,
    connect_with_jwt,
    lose,
    open_ringcentral,
    ringcentral_app,
    store_tokens,
)
from appconnect.ringcentral import oauth
from appconnect.ringcentral.errors import SignInRefused, Unavailable
from appconnect.sandbox.ringcentral import seed
from appconnect.worker.due import find_due
from tests.support.organization import ADA
from tests.support.processes import run_once_then_at_once

ACCOUNT = "/restapi/v1.0/account/~"


@pytest.fixture
def organization_by_sign_in(connected, member, now):
    """The organization, connected by a person's sign-in: with a refresh token."""
    tokens = oauth.sign_in_with_jwt(ringcentral_app(), seed.jwt_of("101"))
    ada = seed.extension_id("101")
    connect(connected, tokens, extension_id=ada, actor=ADA, now=now)
    return connected


def ask(organization, at) -> int:
    with open_ringcentral(organization, now=at) as client:
        return client.get(ACCOUNT)["id"]


def connection_of(organization):
    connection = organization.ringcentral_connection
    connection.refresh_from_db()
    return connection


def grants(sandbox) -> int:
    return len(sandbox.asked("/oauth/token"))


def test_refresh_token_renews_the_sign_in(organization_by_sign_in, sandbox, now):
    first = connection_of(organization_by_sign_in).refresh_token
    at = now
    for _ in range(5):
        sandbox.advance(timedelta(days=6).total_seconds())
        at += timedelta(days=6)
        assert ask(organization_by_sign_in, at)

    connection = connection_of(organization_by_sign_in)
    assert connection.is_connected
    assert connection.refresh_token != first


def test_lost_response_of_a_refresh_is_recovered(organization_by_sign_in, sandbox, now):
    """The refresh token was rotated, and nobody here heard of it."""
    sandbox.advance(3600)
    at = now + timedelta(hours=1)
    sandbox.switch(replies=[{"path": "/oauth/token", "status": 502, "lost": True}])

    with pytest.raises(Unavailable):
        ask(organization_by_sign_in, at)

    sandbox.advance(15)
    assert ask(organization_by_sign_in, at + timedelta(seconds=15))


def test_access_token_that_expires_early_is_renewed(
    organization_by_sign_in, sandbox, now
):
    sandbox.switch(expireTokens=True)

    with pytest.raises(Unavailable):
        ask(organization_by_sign_in, now)

    assert ask(organization_by_sign_in, now)


def only_mail(organization, mailoutbox, now):
    """Check for problems twice; return the one mail that tells of the connection."""
    check_alerts(organization, now=now)
    check_alerts(organization, now=now)
    [mail] = [m for m in mailoutbox if "RingCentral disconnected" in m.subject]
    return mail


def test_ended_sign_in_alerts_once_and_is_not_retried(
    organization_by_sign_in, sandbox, now, mailoutbox
):
    sandbox.switch(revokeTokens=True)
    with pytest.raises(Unavailable):
        ask(organization_by_sign_in, now)
    for _ in range(5):
        with pytest.raises(SignInRefused):
            ask(organization_by_sign_in, now)

    connection = connection_of(organization_by_sign_in)
    assert connection.status == connection.Status.RECONNECT_NEEDED
    assert "OAU-213" in connection.failure
    assert grants(sandbox) == 2, "the sign-in, and one refresh that was refused"
    mail = only_mail(organization_by_sign_in, mailoutbox, now)
    assert mail.to == ["ada@example.com"]
    assert "OAU-213" in mail.body
    assert "/connections/" in mail.body


def test_requests_pause_while_ringcentral_is_down(connected, settings, now):
    settings.RINGCENTRAL_SERVER = "http://127.0.0.1:9"
    with pytest.raises(Unavailable):
        ask(connected, now)

    with pytest.raises(Unavailable) as caught:
        ask(connected, now + timedelta(seconds=5))

    assert "asked us to wait" in str(caught.value)
    assert connection_of(connected).is_connected


@pytest.mark.parametrize(("header", "seconds"), [("30", 30), ("", 60)])
def test_a_rate_limit_holds_everything(connected, sandbox, now, header, seconds):
    limit = {"path": ACCOUNT, "status": 429, "code": "CMN-301", "retryAfter": header}
    sandbox.switch(replies=[limit])
    with pytest.raises(Unavailable):
        ask(connected, now)
    asked = len(sandbox.asked(ACCOUNT))

    for after in (1, seconds - 1):
        with pytest.raises(Unavailable):
            ask(connected, now + timedelta(seconds=after))

    assert len(sandbox.asked(ACCOUNT)) == asked
    sandbox.advance(61)
    assert ask(connected, now + timedelta(seconds=seconds + 1))


def test_penalty_that_begins_during_a_request_is_respected(connected, sandbox, now):
    with open_ringcentral(connected, now=now) as client:
        client.get(ACCOUNT)
        connected.ringcentral_connection.hold(now + timedelta(minutes=1))
        asked = len(sandbox.asked(ACCOUNT))
        with pytest.raises(Unavailable):
            client.get(ACCOUNT)

    assert len(sandbox.asked(ACCOUNT)) == asked


def test_truncated_response_is_unavailable(connected, sandbox, now):
    sandbox.switch(replies=[{"path": ACCOUNT, "cut": True}])

    with pytest.raises(Unavailable):
        ask(connected, now)


def test_connection_of_a_former_admin_needs_a_reconnect(
    connected, member, sandbox, now, mailoutbox
):
    check_connection(connected, now=now)
    sandbox.switch(demote="101")

    check_connection(connected, now=now)
    check_connection(connected, now=now)

    connection = connection_of(connected)
    assert not connection.is_connected
    assert "Ada Admin is no longer a RingCentral admin" in connection.failure
    assert only_mail(connected, mailoutbox, now)


def test_restored_rights_reconnect_automatically(connected, sandbox, now):
    sandbox.switch(demote="101")
    check_connection(connected, now=now)
    sandbox.switch(promote="101")

    check_connection(connected, now=now)

    assert connection_of(connected).is_connected


def test_deleted_extension_of_the_admin_raises_an_alert(
    organization_by_sign_in, sandbox, now, mailoutbox
):
    sandbox.switch(removeExtension="101")
    with pytest.raises(Unavailable):
        check_connection(organization_by_sign_in, now=now)
    with pytest.raises(SignInRefused):
        check_connection(organization_by_sign_in, now=now)

    assert not connection_of(organization_by_sign_in).is_connected
    assert only_mail(organization_by_sign_in, mailoutbox, now)


def test_unused_connection_is_refreshed(organization_by_sign_in, now):
    key = str(organization_by_sign_in.pk)
    later = now + CHECK_INTERVAL + timedelta(seconds=1)

    assert "check_ringcentral" not in find_due(now)[key]
    assert "check_ringcentral" in find_due(later)[key]


def test_an_old_sign_in_changes_no_newer_one(organization_by_sign_in, sandbox, now):
    """An admin connects anew while a worker still refreshes the last sign-in."""
    of_a_worker = connection_of(organization_by_sign_in)
    of_a_worker = type(of_a_worker).objects.get(pk=of_a_worker.pk)
    old = oauth.refresh(ringcentral_app(), of_a_worker.refresh_token)
    connect_with_jwt(
        organization_by_sign_in, seed.jwt_of("101"), extension_id="800100101"
    )

    with pytest.raises(Unavailable):
        store_tokens(of_a_worker, old, now=now)
    lose(of_a_worker, "The old sign-in was refused.", now)

    connection = connection_of(organization_by_sign_in)
    assert connection.is_connected
    assert connection.refresh_token is None
    assert ask(organization_by_sign_in, now)


def test_missing_rights_are_checked_after_the_token_expired(connected, sandbox, now):
    sandbox.switch(demote="101")
    check_connection(connected, now=now)
    sandbox.switch(promote="101")
    sandbox.advance(7200)

    check_connection(connected, now=now + timedelta(hours=2))

    assert connection_of(connected).is_connected


REFRESHERS = """
import django, sys, threading
django.setup()
from django.utils import timezone
from appconnect.organizations.models import Organization
from appconnect.organizations.connections.ringcentral_connection import open_ringcentral

organization = Organization.objects.get()
print("ready", flush=True)
sys.stdin.readline()
start = threading.Barrier(8)
got = []

def ask():
    start.wait()
    with open_ringcentral(organization, now=timezone.now()) as client:
        got.append(client.get("/restapi/v1.0/account/~")["id"])

threads = [threading.Thread(target=ask) for _ in range(8)]
[t.start() for t in threads]
[t.join() for t in threads]
print(len(got))
"""
SET_UP = """
import django
django.setup()
from django.utils import timezone
from appconnect.organizations.security.audit import PROGRAM
from appconnect.organizations.models import Organization, RingCentralConnection
from appconnect.organizations.connections.ringcentral_connection import connect, ringcentral_app
from appconnect.ringcentral import oauth

organization = Organization.objects.create(name="O", rc_account_id="1", region="US")
RingCentralConnection.objects.create(organization=organization, extension_id="1")
tokens = oauth.sign_in_with_jwt(ringcentral_app(), "sandbox-jwt-101")
connect(
    organization, tokens, extension_id="1", actor=PROGRAM, now=timezone.now()
)
RingCentralConnection.objects.update(access_token_expires_at=timezone.now())
"""


@pytest.mark.processes
def test_one_of_many_workers_refreshes(sandbox, tmp_path):
    outputs = run_once_then_at_once(
        SET_UP, REFRESHERS, sandbox=sandbox, folder=tmp_path
    )

    assert outputs == ["8\n"] * 3
    assert grants(sandbox) == 2, "the set-up signs in once"
