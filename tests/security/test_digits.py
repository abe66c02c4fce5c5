"""No alert, metric, title, address or message has a phone number in it.

Whatever others' failures say is stored with numbers in it, by walking the models.
"""

import re
from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.utils import timezone

from appconnect.calls.models import CallSession, CrmCircuit
from appconnect.monitoring.alerts.alerting import check_alerts
from appconnect.monitoring.models import Alert, AlertChannel
from appconnect.monitoring.models.alert_channel import make_signing_secret
from tests.appconnect.monitoring.alerts.test_delivery import Receiver
from tests.security.hostile import KNOWN, NUMBER, SPELLINGS
from tests.security.rows import fill, our_models
from tests.support.walk import Page, crawl, forms_of, is_page

QUOTED = re.compile("failure$|last_result$")
"""The names of fields that hold what another system said."""
NO_NUMBERS = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"  # ids
    r"|\d{4}-\d\d-\d\d(T[\d:.]+(\+00:00|Z)?)?"  # dates and times
)
SEVEN = re.compile(r"\d(?:[\s().-]*\d){6,}")
DAY = timedelta(days=1)


def check(said: str, where: str, *, has_ids: bool = False) -> None:
    """Check that no number is told; where RingCentral's ids can be, not the one we know."""
    text = NO_NUMBERS.sub("", said)
    assert not KNOWN.search(text), (where, said)
    assert has_ids or not SEVEN.search(text), (where, said)


@pytest.fixture
def failing(organization, logging_settings, member, ids, make_call, now):
    """An organization where all that can fail has, and said so with numbers."""
    fill(organization, make_call, lambda name: f"{name} {NUMBER}")
    quote = f"HTTP 400: no record for {', '.join(SPELLINGS)}."
    for model in our_models():
        quoting = [f.name for f in model._meta.concrete_fields if QUOTED.search(f.name)]
        if quoting:
            model.objects.update(**dict.fromkeys(quoting, quote))
    organization.refresh_from_db()
    assert organization.directory_failure == quote
    Alert.objects.all().delete()
    return organization


def break_everything(organization, now) -> list[dict]:
    """Yield one state after the other, until every kind of problem was there."""
    connection = organization.ringcentral_connection
    circuits = CrmCircuit.objects.filter(organization=organization)
    circuits.update(rejected_at=now, open_until=now + DAY)
    connection.status = "RECONNECT_NEEDED"
    connection.save()
    organization.logging_subscriptions.update(status="FAILED")
    organization.alert_channels.update(failing_since=now - DAY)
    yield
    connection.status = "CONNECTED"
    connection.save()
    circuits.update(rejected_at=None, opened_at=now - DAY, open_until=now + DAY)
    CallSession.objects.filter(status="WAITING_TO_LOG").update(next_attempt_at=now)
    yield


def test_no_alert_tells_a_number(failing, settings, mailoutbox, now):
    settings.PUBLIC_URL = "https://calls.example.com"
    with Receiver() as receiver:
        settings.ALERT_PRIVATE_HOSTS = [receiver.host]
        failing.alert_channels.all().delete()
        for kind, address in (("ADMINS", None), ("WEBHOOK", receiver.url)):
            AlertChannel.objects.create(
                **{"organization": failing, "kind": kind, "address": address},
                **{"signing_secrets": [make_signing_secret()], "created_at": now},
                last_result=f"No answer about {NUMBER}.",
            )
        for number, _state in enumerate(break_everything(failing, now)):
            check_alerts(failing, now=now + number * timedelta(minutes=30))
        check_alerts(failing, now=now + 2 * DAY)

    told = set(Alert.objects.values_list("kind", flat=True))
    assert {"RINGCENTRAL_DISCONNECTED", "CREDENTIALS_REJECTED"} < told
    assert {"CRM_NOT_ANSWERING", "SUBSCRIPTION_FAILED", "NEEDS_ATTENTION"} < told
    assert "ALERT_NOT_DELIVERED" in told
    assert mailoutbox
    for mail in mailoutbox:
        check(mail.subject, "a subject")
        check(mail.body, "a mail")
    assert receiver.requests
    for request in receiver.requests:
        check(request.body, "a webhook")
    for sentence in Alert.objects.values_list("sentence", flat=True):
        check(sentence, "an alert")


def test_the_metrics_tell_no_number(client, failing):
    reply = client.get("/metrics")

    assert "appconnect_calls" in reply.content.decode()
    check(re.sub(r"\.\d+", "", reply.content.decode()), "the metrics")


def test_no_title_no_address_and_no_message_tells_a_number(console, failing, ids):
    opened = list(crawl(console, ids))
    found = console.post("/calls/find-number/", {"phone_number": NUMBER})
    opened.append(("/calls/", found))
    for address, reply in opened:
        check(address, "an address", has_ids=True)
        check(reply.headers.get("Location", ""), address, has_ids=True)
        check(reply.headers.get("Content-Disposition", ""), address)
        if not is_page(reply):
            continue
        page = Page(reply)
        check(page.title, address)
        for _tag, link in page.links:
            check(link, address, has_ids=True)
    forms = forms_of(opened)
    assert len(forms) > 60

    for address, fields in forms:
        if "logout" in address:
            continue
        numbers = {n: NUMBER for n in fields if "number" in n and fields[n] == [""]}
        reply = console.post(address, fields | numbers)
        check(reply.headers.get("Location", ""), address, has_ids=True)
        for message in get_messages(reply.wsgi_request):
            check(str(message), address, has_ids=True)


def test_a_number_would_be_found():
    for spelling in SPELLINGS:
        with pytest.raises(AssertionError):
            check(f"about {spelling}.", "here")
    check(f"since {timezone.now().isoformat()}", "here")
