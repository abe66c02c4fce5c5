"""The subscription, against the sandbox, which delivers to a stand-in for the webhook.

Our webhook stores what it gets: in this process it would do so on the one connection that
an in-memory database has, in the middle of a transaction of the test's.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from appconnect.organizations.connections.ringcentral_connection import (
    connect_with_jwt,
    open_ringcentral,
)
from appconnect.organizations.connections.subscription import (
    LEASE,
    keep_subscription,
    replace_subscription,
)
from appconnect.organizations.models import (
    LoggingSubscription,
    RingCentralConnection,
    ServerLoggingSettings,
)
from appconnect.ringcentral.errors import SignInRefused, Unavailable
from appconnect.ringcentral.subscriptions import ACCOUNT_FILTER, create_subscription
from appconnect.sandbox.ringcentral import seed
from appconnect.worker.due import find_due
from appconnect.worker.sweep import look_after
from tests.support.fakes.server import Answer, FakeCrm, Request
from tests.support.helpers import wait_for
from tests.support.organization import ADA

Level = ServerLoggingSettings.LoggingLevel
Status = LoggingSubscription.Status


class Webhook(FakeCrm):
    """Answers handshakes and takes notifications, or refuses both."""

    status = 200

    def answer(self, request: Request) -> Answer:
        token = request.headers.get("validation-token")
        return Answer(self.status, headers={"Validation-Token": token} if token else {})


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as webhook:
        yield webhook


@pytest.fixture
def reachable(connected, webhook, settings):
    """The organization, with a webhook that RingCentral can reach."""
    settings.PUBLIC_URL = f"http://{webhook.host}"
    return connected


def at_ringcentral(organization, now) -> list[dict]:
    with open_ringcentral(organization, now=now) as client:
        return client.get("/restapi/v1.0/subscription")["records"]


def needs_keeping(organization, *, now) -> bool:
    due = find_due(now).get(str(organization.pk), [])
    return "keep_logging_subscription" in due


def set_level(organization, level: Level) -> None:
    organization.server_logging_settings.update(logging_level=level)


def test_subscription_is_created_with_the_handshake(reachable, now):
    assert needs_keeping(reachable, now=now)

    keep_subscription(reachable, now=now)

    subscription = reachable.logging_subscriptions.get()
    assert subscription.status == Status.ACTIVE
    [theirs] = at_ringcentral(reachable, now)
    assert theirs["id"] == subscription.subscription_id
    assert theirs["eventFilters"] == [
        "/restapi/v1.0/account/800100200/telephony/sessions",
        "/restapi/v1.0/subscription/~?threshold=151200&interval=37800",
    ]
    assert not needs_keeping(reachable, now=now)


def test_one_worker_creates_a_subscription_at_a_time(reachable, now):
    other = RingCentralConnection(organization_id=reachable.pk)
    assert other.take_lease("keeping_subscription_until", LEASE, now=now)

    keep_subscription(reachable, now=now)
    assert at_ringcentral(reachable, now) == []

    other.end_lease("keeping_subscription_until")
    keep_subscription(reachable, now=now)
    assert len(at_ringcentral(reachable, now)) == 1


def test_trial_mode_listens_to_the_admins_extension_only(reachable, now):
    keep_subscription(reachable, now=now)
    set_level(reachable, Level.USER)
    assert needs_keeping(reachable, now=now)

    keep_subscription(reachable, now=now)

    [theirs] = at_ringcentral(reachable, now)
    assert "/extension/800100101/" in theirs["eventFilters"][0]
    assert reachable.logging_subscriptions.count() == 1


def test_subscription_is_deleted_when_logging_is_switched_off(reachable, now):
    keep_subscription(reachable, now=now)
    set_level(reachable, Level.DISABLE)

    keep_subscription(reachable, now=now)

    assert at_ringcentral(reachable, now) == []
    assert not reachable.logging_subscriptions.exists()
    assert not needs_keeping(reachable, now=now)


def test_subscription_is_renewed_in_the_second_half_of_its_lifetime(
    reachable, sandbox, now
):
    keep_subscription(reachable, now=now)
    was = reachable.logging_subscriptions.get()
    sandbox.advance(timedelta(days=4).total_seconds())
    later = now + timedelta(days=4)

    keep_subscription(reachable, now=later)

    subscription = reachable.logging_subscriptions.get()
    assert subscription.pk == was.pk
    assert subscription.expires_at > was.expires_at + timedelta(days=3)


def test_expired_subscription_is_replaced(reachable, sandbox, now):
    keep_subscription(reachable, now=now)
    was = reachable.logging_subscriptions.get()
    sandbox.advance(timedelta(days=8).total_seconds())
    later = now + timedelta(days=8)

    keep_subscription(reachable, now=later)

    subscription = reachable.logging_subscriptions.get()
    assert subscription.pk != was.pk
    assert subscription.status == Status.ACTIVE
    assert len(at_ringcentral(reachable, later)) == 1


def test_unreachable_webhook_is_reported_and_retried(connected, settings, now):
    settings.PUBLIC_URL = "http://127.0.0.1:9"

    keep_subscription(connected, now=now)

    subscription = connected.logging_subscriptions.get()
    assert subscription.status == Status.FAILED
    assert "SUB-521" in subscription.failure
    assert needs_keeping(connected, now=now)


def test_unreachable_webhook_keeps_the_existing_subscription(reachable, settings, now):
    keep_subscription(reachable, now=now)
    was = reachable.logging_subscriptions.get()
    set_level(reachable, Level.USER)
    settings.PUBLIC_URL = "http://127.0.0.1:9"

    keep_subscription(reachable, now=now)
    keep_subscription(reachable, now=now)

    assert [s["id"] for s in at_ringcentral(reachable, now)] == [was.subscription_id]
    assert reachable.logging_subscriptions.count() == 2


@pytest.mark.parametrize("fate", ["delete", "expire", "blacklist", "drift"])
def test_damaged_subscription_is_replaced(reachable, sandbox, now, fate):
    keep_subscription(reachable, now=now)
    was = reachable.logging_subscriptions.get()
    sandbox.switch(subscriptions=fate)
    later = now + LoggingSubscription.POLL_INTERVAL
    assert needs_keeping(reachable, now=later)

    keep_subscription(reachable, now=later)

    subscription = reachable.logging_subscriptions.get()
    assert subscription.pk != was.pk
    [theirs] = at_ringcentral(reachable, later)
    assert theirs["id"] == subscription.subscription_id
    assert theirs["status"] == "Active"
    assert "/extension/" not in theirs["eventFilters"][0]


def test_address_is_that_of_the_webhook(settings):
    subscription = LoggingSubscription()

    path = reverse("api:webhook", kwargs={"subscription_key": subscription.pk})
    assert subscription.address == settings.PUBLIC_URL + path


def test_subscription_with_another_address_is_replaced(reachable, settings, now):
    keep_subscription(reachable, now=now)
    settings.PUBLIC_URL = settings.PUBLIC_URL.replace("127.0.0.1", "localhost")

    keep_subscription(reachable, now=now)

    [theirs] = at_ringcentral(reachable, now)
    assert theirs["deliveryMode"]["address"].startswith(settings.PUBLIC_URL)


def test_only_stray_subscriptions_to_this_server_are_deleted(reachable, sandbox, now):
    """The request that created one was carried out, and its reply lost."""
    lost = {"path": "/restapi/v1.0/subscription", "status": 504, "lost": True}
    sandbox.switch(replies=[lost])
    keep_subscription(reachable, now=now)
    address = reachable.logging_subscriptions.get().address
    elsewhere = address.replace("127.0.0.1", "localhost")
    later = now + timedelta(minutes=1)
    with open_ringcentral(reachable, now=later) as client:
        of_another_server = create_subscription(
            client,
            event_filter=ACCOUNT_FILTER,
            address=elsewhere,
            verification_token="x",
            lifetime=timedelta(days=1),
        )

    keep_subscription(reachable, now=later)

    ours = reachable.logging_subscriptions.get().subscription_id
    theirs = {one["id"] for one in at_ringcentral(reachable, later)}
    assert theirs == {ours, of_another_server.id}


def test_replacement_is_created_before_the_old_subscription_is_deleted(
    reachable, sandbox, now
):
    keep_subscription(reachable, now=now)
    set_level(reachable, Level.USER)

    keep_subscription(reachable, now=now)

    asked = [r["method"] for r in sandbox.asked("/subscription")]
    assert asked.index("POST", 1) < asked.index("DELETE")


def test_a_new_owner_of_the_connection_gets_a_subscription_of_their_own(
    reachable, sandbox, now
):
    keep_subscription(reachable, now=now)
    sandbox.switch(promote="103")
    connect_with_jwt(
        reachable, seed.jwt_of("103"), extension_id=seed.extension_id("103")
    )

    keep_subscription(reachable, now=now)

    [theirs] = at_ringcentral(reachable, now)
    assert reachable.logging_subscriptions.get().subscription_id == theirs["id"]


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


def test_token_is_used_until_it_expires(connected, sandbox, now):
    for minutes in (0, 30, 59):
        later = now + timedelta(minutes=minutes)
        with open_ringcentral(connected, now=later):
            pass

    assert len(sandbox.asked("/oauth/token")) == 2


def test_refused_sign_in_is_stored_for_the_connections_page(connected, now):
    connection = connected.ringcentral_connection
    connection.jwt = "nonsense"
    connection.save()

    with pytest.raises(SignInRefused), open_ringcentral(connected, now=now):
        pass

    connection.refresh_from_db()
    assert "OAU-213" in connection.failure
    assert "nonsense" not in connection.failure


def test_a_webhook_that_refuses_is_tried_again_and_then_blacklisted(
    reachable, webhook, sandbox, now
):
    """The sandbox's side: how a failing webhook is dealt with is RingCentral's secret."""
    keep_subscription(reachable, now=now)
    webhook.status = 404
    sandbox.switch(deliveryRetries=2, blacklistAfterSeconds=5)
    sandbox.make_call("missed")

    def is_given_up() -> bool:
        sandbox.advance(10)
        [theirs] = sandbox.subscriptions()
        attempts = Counter(delivery["uuid"] for delivery in sandbox.deliveries())
        is_tried_thrice = max(attempts.values(), default=0) == 3
        return theirs["status"] == "Blacklisted" and is_tried_thrice

    wait_for(is_given_up)

    [theirs] = sandbox.subscriptions()
    assert "code: [404]" in theirs["blacklistedData"]["reason"]


def test_blacklisted_subscription_can_become_active_again(reachable, sandbox, now):
    """The sandbox's side: RingCentral did so in 2018."""
    keep_subscription(reachable, now=now)
    sandbox.switch(reactivateAfterSeconds=900, subscriptions="blacklist")
    [theirs] = sandbox.subscriptions()
    assert theirs["status"] == "Blacklisted"

    sandbox.advance(901)

    wait_for(lambda: sandbox.subscriptions()[0]["status"] == "Active")


def test_reconnecting_creates_a_subscription_before_the_old_one_is_deleted(
    reachable, sandbox, now
):
    keep_subscription(reachable, now=now)
    old = reachable.logging_subscriptions.get()

    replace_subscription(reachable, actor=ADA, now=now)
    assert needs_keeping(reachable, now=now)
    assert len(at_ringcentral(reachable, now)) == 1, "the old one works until then"
    keep_subscription(reachable, now=now)

    new = reachable.logging_subscriptions.get()
    assert (new.status, new.pk == old.pk) == (Status.ACTIVE, False)
    [theirs] = at_ringcentral(reachable, now)
    assert theirs["id"] == new.subscription_id
    asked = [r["method"] for r in sandbox.asked("/restapi/v1.0/subscription")]
    assert asked.index("DELETE") > len(asked) - asked[::-1].index("POST") - 1
    assert reachable.audit_entries.first().action == "SUBSCRIPTION_REPLACED"


def test_old_subscription_stays_while_none_can_be_created(reachable, now, settings):
    keep_subscription(reachable, now=now)
    replace_subscription(reachable, actor=ADA, now=now)
    settings.PUBLIC_URL = "http://127.0.0.1:9"

    keep_subscription(reachable, now=now)

    remaining = reachable.logging_subscriptions.get(status=Status.REPLACED)
    assert remaining.subscription_id in [
        s["id"] for s in at_ringcentral(reachable, now)
    ]


def test_old_subscription_is_renewed_while_none_can_be_created(
    reachable, sandbox, now, settings
):
    keep_subscription(reachable, now=now)
    replace_subscription(reachable, actor=ADA, now=now)
    settings.PUBLIC_URL = "http://127.0.0.1:9"

    for days in (4, 4):
        sandbox.advance(timedelta(days=days).total_seconds())
        now += timedelta(days=days)
        keep_subscription(reachable, now=now)

    remaining = reachable.logging_subscriptions.get(status=Status.REPLACED)
    assert [s["id"] for s in at_ringcentral(reachable, now)] == [
        remaining.subscription_id
    ]
    assert remaining.expires_at > now


def test_organization_without_a_call_costs_10_statements_in_five_minutes(reachable):
    """It is looked after every five minutes."""
    key, tasks = str(reachable.pk), ["keep_logging_subscription", "sync_call_log"]
    for _ in "ab":
        look_after.call_local([(key, tasks)])

    with CaptureQueriesContext(connection) as queries:
        look_after.call_local([(key, tasks)])

    statements = [query["sql"] for query in queries]
    assert len(statements) == 10, "\n".join(statements)
    assert reachable.logging_subscriptions.get().status == Status.ACTIVE
    assert reachable.call_log_sync.complete_until
