"""Alerts on their way out: a real webhook, its signature, and where none may go."""

import json
import re
import socket
import threading
from datetime import timedelta

import pytest

from appconnect.monitoring.alerts.alerting import check_alerts
from appconnect.monitoring.alerts.configuration import (
    NotAllowed,
    add_channel,
    change_secret,
    check_webhook_address,
    send_test,
)
from appconnect.monitoring.alerts.delivery import NotDelivered, recipients_of
from appconnect.monitoring.models import AlertChannel, AlertMessage
from appconnect.organizations.connections.ringcentral_connection import (
    lose,
    mark_connected,
)
from appconnect.organizations.models import AuditEntry
from tests.support.fakes.server import Answer, FakeCrm
from tests.support.helpers import ROOT
from tests.support.organization import ADA

MINUTE = timedelta(minutes=1)
README = (ROOT / "appconnect/README.md").read_text()
SAMPLE = README.partition("```python\n")[2].partition("```")[0]
"""The check of a webhook's signature that receivers copy."""
documented: dict = {}
exec(SAMPLE, documented)  # noqa: S102  our own code


class Receiver(FakeCrm):
    """A program that receives alerts."""

    def answer(self, request):
        return Answer(200, "ok")

    @property
    def url(self) -> str:
        return f"http://{self.host}/alerts/"


@pytest.fixture
def receiver(settings):
    with Receiver() as receiver:
        settings.ALERT_PRIVATE_HOSTS = [receiver.host]
        yield receiver


@pytest.fixture
def webhook(organization, receiver, now) -> AlertChannel:
    return make_webhook(organization, receiver.url, now)


def make_webhook(organization, url, now) -> AlertChannel:
    channel = AlertChannel(
        organization=organization, kind="WEBHOOK", address=url, created_at=now
    )
    channel.save()
    channel.change_secret()
    return channel


def is_ours(request, secret: str) -> bool:
    headers = {name.title(): value for name, value in request.headers.items()}
    return documented["is_genuine"](headers, request.body.encode(), secret)


def test_webhook_gets_signed_message(organization, webhook, receiver, now):
    lose(organization.ringcentral_connection, "The sign-in ended.", now)
    check_alerts(organization, now=now)

    [request] = receiver.requests
    assert request.method == "POST"
    assert request.headers["content-type"] == "application/json"
    assert is_ours(request, webhook.signing_secrets[0])
    assert not is_ours(request, "whsec_b3RoZXI=")
    alert = request.json["alert"]
    assert request.json["text"].startswith(
        "[Sandbox Ltd] RingCentral disconnected\nThe sign-in ended."
    )
    assert (alert["event"], alert["kind"], alert["severity"]) == (
        "opened",
        "RINGCENTRAL_DISCONNECTED",
        "STOPPED",
    )
    assert alert["page"].endswith("/connections/")
    assert not re.search(r"\d{7}", request.body)


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp"])
def test_altered_message_fails_verification(webhook, receiver, now, header):
    send_test(webhook, actor=ADA, now=now)
    [request] = receiver.requests
    assert is_ours(request, webhook.signing_secrets[0])

    request.headers[header] += "0" if header == "webhook-id" else ""
    request.body = request.body.replace("Test", "Fest")

    assert not is_ours(request, webhook.signing_secrets[0])


def test_an_old_request_is_not_taken_again(webhook, receiver, now):
    send_test(webhook, actor=ADA, now=now - timedelta(minutes=6))

    assert not is_ours(receiver.requests[0], webhook.signing_secrets[0])


def test_a_new_secret_leaves_no_gap(webhook, receiver, now):
    old = webhook.signing_secrets[0]
    new = change_secret(webhook, actor=ADA, now=now)

    send_test(webhook, actor=ADA, now=now)

    [request] = receiver.requests
    assert is_ours(request, new)
    assert is_ours(request, old)
    change_secret(webhook, actor=ADA, now=now)
    assert old not in webhook.signing_secrets, "only the one before"


def test_refused_message_is_resent_with_same_id(organization, webhook, receiver, now):
    receiver.next_answers["/alerts/"] = [Answer(500, "boom"), Answer(302)]
    lose(organization.ringcentral_connection, "The sign-in ended.", now)
    for minutes in range(8):
        check_alerts(organization, now=now + minutes * MINUTE)

    ids = {request.headers["webhook-id"] for request in receiver.requests}
    assert len(receiver.requests) == 3
    assert len(ids) == 1
    webhook.refresh_from_db()
    assert (webhook.last_result, webhook.failing_since) == ("Delivered.", None)
    assert AlertMessage.objects.get().attempts == 3


def test_the_end_is_told_too(organization, webhook, receiver, now):
    lose(organization.ringcentral_connection, "The sign-in ended.", now)
    check_alerts(organization, now=now)
    mark_connected(organization.ringcentral_connection, now)
    organization.ringcentral_connection.save()
    for minutes in (1, 7):
        check_alerts(organization, now=now + minutes * MINUTE)

    events = [request.json["alert"]["event"] for request in receiver.requests]
    assert events == ["opened", "resolved"]
    assert receiver.requests[-1].json["alert"]["resolved_at"]


@pytest.mark.parametrize(
    ("status", "said"),
    [(404, "HTTP 404"), (500, "HTTP 500"), (301, "HTTP 301")],
)
def test_a_test_keeps_its_result(webhook, receiver, now, status, said):
    receiver.next_answers["/"] = [
        Answer(status, "x", headers={"Location": "http://127.0.0.1:1/"})
    ]
    with pytest.raises(NotDelivered, match=said):
        send_test(webhook, actor=ADA, now=now)

    webhook.refresh_from_db()
    assert webhook.last_result == f"The webhook answered {said}."
    assert webhook.last_attempt_at == webhook.failing_since == now
    later = now + MINUTE
    send_test(webhook, actor=ADA, now=later)
    webhook.refresh_from_db()
    assert (webhook.last_result, webhook.last_attempt_at) == ("Delivered.", later)
    assert webhook.failing_since is None
    sent = AuditEntry.objects.filter(action=AuditEntry.Action.ALERT_TEST_SENT)
    assert sent.count() == 2


def test_tests_are_sent_one_at_a_time(webhook, receiver, now):
    send_test(webhook, actor=ADA, now=now)
    with pytest.raises(NotAllowed, match="Wait 30 s between tests"):
        send_test(webhook, actor=ADA, now=now + timedelta(seconds=29))
    send_test(webhook, actor=ADA, now=now + timedelta(seconds=30))

    assert len(receiver.requests) == 2
    assert AuditEntry.objects.count() == 2


def test_a_secret_and_an_address_are_sealed(organization, now):
    secret = add_channel(
        organization,
        id=AlertChannel._meta.pk.default(),
        kind=AlertChannel.Kind.WEBHOOK,
        address="https://hooks.example.com/T0/secret-part",
        actor=ADA,
        now=now,
    )

    [row] = AlertChannel.objects.values()
    assert "secret-part" not in json.dumps(row, default=str)
    assert secret not in json.dumps(row, default=str)
    entry = AuditEntry.objects.get()
    assert entry.subject == "Webhook: hooks.example.com"


def test_an_organization_has_a_few_channels_only(organization, now):
    for _ in range(AlertChannel.MAX_CHANNELS):
        make_webhook(organization, "https://hooks.example.com/", now)

    with pytest.raises(NotAllowed, match="already 10 channels"):
        add_channel(
            organization,
            id=AlertChannel._meta.pk.default(),
            kind=AlertChannel.Kind.EMAIL,
            address="ops@example.com",
            actor=ADA,
            now=now,
        )


@pytest.fixture
def listener():
    """A port of this machine that counts who connects to it."""
    connections = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            while True:
                try:
                    accepted, _address = server.accept()
                except OSError:
                    return
                connections.append(1)
                accepted.close()

        threading.Thread(target=listen, daemon=True).start()
        yield server.getsockname()[1], connections
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:{port}/",
        "https://127.0.0.1:{port}/",
        "https://localhost:{port}/",
        "https://127.1:{port}/",
        "https://2130706433:{port}/",
        "https://0x7f000001:{port}/",
        "https://0177.0.0.1:{port}/",
        "https://[::1]:{port}/",
        "https://[::ffff:127.0.0.1]:{port}/",
        "https://0.0.0.0:{port}/",
        "https://10.0.0.1/",
        "https://172.16.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://100.64.0.1/",
        "https://[fe80::1]/",
        "https://[fc00::1]/",
    ],
)
def test_no_alert_goes_to_a_private_address(
    organization, settings, listener, now, address
):
    """However it came to be stored: what is checked is what is dialled."""
    port, connections = listener
    settings.ALERT_PRIVATE_HOSTS = []
    webhook = make_webhook(organization, address.format(port=port), now)

    with pytest.raises(NotDelivered, match=r"isn't allowed|couldn't be reached"):
        send_test(webhook, actor=ADA, now=now)

    assert connections == []


@pytest.mark.parametrize(
    "address",
    [
        "",
        "hooks.example.com",
        "http://hooks.example.com/",
        "ftp://hooks.example.com/",
        "file:///etc/passwd",
        "https://hooks.example.com:8443/",
        "https://user:password@hooks.example.com/",
        "https://hooks.example.com/#part",
        "https:///path",
        "https://[::1/",
        "https://hooks.example.com:99999/",
        "http://127.0.0.1:8065.example.com/",
    ],
)
def test_an_address_that_nothing_is_sent_to_is_refused(settings, address):
    settings.ALERT_PRIVATE_HOSTS = ["127.0.0.1:8065"]

    with pytest.raises(NotAllowed):
        check_webhook_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "https://hooks.example.com/services/T0/B0/x?y=z",
        "https://hooks.example.com:443/",
        "http://127.0.0.1:8065/hooks/x",
    ],
)
def test_an_address_that_is_allowed(settings, address):
    settings.ALERT_PRIVATE_HOSTS = ["127.0.0.1:8065"]

    check_webhook_address(address)


def test_removed_admin_gets_no_alert(organization, member, now):
    channel = AlertChannel(organization=organization, kind=AlertChannel.Kind.ADMINS)
    assert recipients_of(channel) == ["ada@example.com"]

    member.user.is_active = False
    member.user.save()

    assert recipients_of(channel) == []
