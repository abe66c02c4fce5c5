import re
import uuid
from datetime import time

import pytest

from appconnect.monitoring.alerts.alerting import check_alerts
from appconnect.monitoring.models import Alert, AlertChannel, AlertSettings
from appconnect.organizations.connections.ringcentral_connection import lose
from appconnect.organizations.models import AuditEntry, Member
from tests.support.helpers import text_of

PATH = "/alerts/"
Action = AuditEntry.Action


def add(console, name: str, address: str, *, id: uuid.UUID | None = None):
    return console.post(
        f"{PATH}channels/add-{name}/",
        {f"{name}-id": id or uuid.uuid4(), f"{name}-address": address},
    )


def make_history(organization, now):
    Alert.objects.bulk_create(
        Alert(
            organization=organization,
            kind="SILENCE",
            severity="DEGRADED",
            page="console:calls",
            opened_at=now,
            last_seen_at=now,
            resolved_at=now,
        )
        for _ in range(45)
    )


def secret_on(page) -> str | None:
    found = re.search(r'value="(whsec_[^"]+)"', page.content.decode())
    return found and found[1]


def test_the_page_of_an_organization_without_trouble(console):
    shown = text_of(console.get(PATH))

    assert "No open alerts." in shown
    assert "All admins with an email address are notified." in shown
    assert "No alerts yet." in shown


def test_present_problems_and_past_alerts_are_shown(console, organization, now):
    lose(organization.ringcentral_connection, "The sign-in ended.", now)
    check_alerts(organization, now=now)

    page = console.get(PATH)

    shown = text_of(page)
    assert "RingCentral disconnected The sign-in ended." in shown
    assert re.search(r"Since \d+:\d\d [AP]M\.", shown)
    assert 'href="/connections/"' in page.content.decode()
    assert "All admins" in shown
    assert re.search(r"History RingCentral disconnected .* · open", shown)


def test_removing_a_channel_is_confirmed_first(console):
    add(console, "email", "ops@example.com")

    shown = text_of(console.get(PATH))

    assert "Remove Email: ops@example.com? It gets no more alerts." in shown


@pytest.mark.parametrize("role", ["VIEWER", "OPERATOR"])
def test_only_admins_see_it(console, member, role):
    member.role = role
    member.save()

    assert console.get(PATH).status_code == 403
    assert add(console, "email", "ops@example.com").status_code == 403
    assert "Alerts" not in text_of(console.get("/calls/"))


def test_admin_without_ringcentral_right_adds_no_channel(
    console, connected, sandbox, member
):
    sandbox.switch(demote="101")
    Member.objects.update(right_confirmed_at=None)

    assert add(console, "email", "ops@example.com").status_code == 403
    assert not connected.alert_channels.exists()


def test_an_email_channel_is_added_tested_and_removed(
    console, organization, mailoutbox
):
    assert add(console, "email", "ops@example.com").status_code == 302
    channel = organization.alert_channels.get()
    assert "ops@example.com Email Send test" in text_of(console.get(PATH))

    reply = console.post(f"{PATH}channels/{channel.pk}/test/", follow=True)

    assert "Test delivered to ops@example.com." in text_of(reply)
    assert "ops@example.com Email Delivered" in text_of(console.get(PATH))
    [mail] = mailoutbox
    assert mail.to == ["ops@example.com"]
    assert "This is a test alert" in mail.body
    again = console.post(f"{PATH}channels/{channel.pk}/test/", follow=True)
    assert "Wait 30 s between tests." in text_of(again)
    assert len(mailoutbox) == 1
    console.post(f"{PATH}channels/{channel.pk}/remove/")
    assert not organization.alert_channels.exists()
    actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == [
        Action.ALERT_CHANNEL_ADDED,
        Action.ALERT_TEST_SENT,
        Action.ALERT_CHANNEL_REMOVED,
    ]


def test_a_webhooks_secret_is_shown_once_and_its_address_never(console, organization):
    page = add(console, "webhook", "https://hooks.example.com/T0/key")
    channel = organization.alert_channels.get()

    assert page.status_code == 200
    assert secret_on(page) == channel.signing_secrets[0]
    assert page.headers["Cache-Control"] == "no-store"
    later = console.get(PATH)
    assert secret_on(later) is None
    assert "hooks.example.com Webhook" in text_of(later)
    assert b"T0/key" not in later.content
    entries = str(list(AuditEntry.objects.values()))
    assert "T0/key" not in entries
    assert "whsec" not in entries


def test_a_form_that_is_sent_twice_adds_one_channel(console, organization):
    id = uuid.uuid4()
    first = add(console, "webhook", "https://hooks.example.com/", id=id)
    second = add(console, "webhook", "https://hooks.example.com/", id=id)

    assert secret_on(first)
    assert second.status_code == 302
    assert "create a new secret" in text_of(console.get(PATH))
    assert organization.alert_channels.count() == 1
    assert AuditEntry.objects.count() == 1


def test_a_new_secret(console, organization):
    old = secret_on(add(console, "webhook", "https://hooks.example.com/"))
    channel = organization.alert_channels.get()

    new = secret_on(console.post(f"{PATH}channels/{channel.pk}/new-secret/"))

    assert new
    assert new != old
    entry = AuditEntry.objects.order_by("pk").last()
    assert entry.action == Action.ALERT_CHANNEL_CHANGED
    assert new not in str(entry.changes)


def test_a_channel_is_switched_off_and_on(console, organization):
    add(console, "email", "ops@example.com")
    channel = organization.alert_channels.get()
    path = f"{PATH}channels/{channel.pk}/switch/"

    console.post(path, {"is_enabled": "no"})
    assert "ops@example.com Email Off" in text_of(console.get(PATH))

    console.post(path, {"is_enabled": "yes"})
    assert "Email Off" not in text_of(console.get(PATH))
    assert AuditEntry.objects.filter(action=Action.ALERT_CHANNEL_CHANGED).count() == 2


@pytest.mark.parametrize(
    ("name", "address", "said"),
    [
        ("email", "nobody", "Enter a valid email address."),
        ("email", "", "This field is required."),
        ("webhook", "http://hooks.example.com/", "must start with https://"),
        ("webhook", "https://me:x@hooks.example.com/", "no user name"),
        ("webhook", "https://hooks.example.com:22/", "have no port"),
    ],
)
def test_a_wrong_address_is_named_and_kept(console, organization, name, address, said):
    page = add(console, name, address)

    shown = text_of(page)
    assert "Nothing was saved" in shown
    assert said in shown
    assert shown.startswith("Error: Alerts")
    assert f'value="{address}"' in page.content.decode() or not address
    assert not organization.alert_channels.exists()


def save(console, **fields):
    data = {f"settings-{name}": value for name, value in fields.items()}
    return console.post(PATH, data, follow=True)


def test_quiet_hours_and_reminders(console, organization):
    page = save(
        console, quiet_from="22:00", quiet_until="07:30", reminder_days="7, 1,1"
    )

    assert "Schedule saved." in text_of(page)
    stored = AlertSettings.objects.get(organization=organization)
    assert (stored.quiet_from, stored.quiet_until) == (time(22), time(7, 30))
    assert stored.reminder_days == [1, 7]
    content = page.content.decode()
    assert 'value="22:00"' in content
    assert 'value="1, 7"' in content
    entry = AuditEntry.objects.get()
    assert entry.action == Action.ALERT_SETTINGS_CHANGED
    assert {change["field"] for change in entry.changes} == {
        "quiet_from",
        "quiet_until",
        "reminder_days",
    }
    save(console, quiet_from="22:00", quiet_until="07:30", reminder_days="1, 7")
    assert AuditEntry.objects.count() == 1, "nothing changed"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"quiet_from": "22:00"}, "need a start and an end"),
        ({"quiet_from": "25:00", "quiet_until": "07:00"}, "Enter a valid time."),
        ({"reminder_days": "often"}, "Enter whole numbers of days"),
    ],
)
def test_wrong_settings_are_named_and_kept(console, fields, said):
    page = save(console, **fields)

    assert said in text_of(page)
    for value in fields.values():
        assert f'value="{value}"' in page.content.decode()
    assert not AlertSettings.objects.exists()


def test_mail_that_does_not_work_shows_on_the_page(console, organization, now):
    AlertChannel.objects.create(
        organization=organization,
        kind="EMAIL",
        address="ops@example.com",
        created_at=now,
        failing_since=now,
        last_attempt_at=now,
        last_result="The mail server didn't accept the message (TimeoutError).",
    )
    shown = text_of(console.get(PATH))

    assert "Failing since" in shown
    assert "(TimeoutError)" in shown


@pytest.mark.parametrize("channel", ["email", "webhook"])
def test_a_refused_channel_is_left_by_every_way(console, organization, now, channel):
    make_history(organization, now)

    page = add(console, channel, "no address")

    assert "Error:" in text_of(page)
    assert 'href="/alerts/?page=2"' in page.content.decode()
    assert console.get(page.request["PATH_INFO"]).url == PATH


def test_the_page_that_shows_a_secret_is_left_by_every_way(console, ids):
    path = f"{PATH}channels/{ids['channel']}/new-secret/"
    assert secret_on(console.post(path))

    assert console.get(path).url == PATH


def test_the_history_is_paged_and_costs_no_more_with_its_length(
    console, organization, now, django_assert_max_num_queries
):
    make_history(organization, now)
    with django_assert_max_num_queries(17):
        page = console.get(PATH)

    assert len(page.context["page"]) == 20
    assert len(console.get(PATH, {"page": 3}).context["page"]) == 5


def test_another_organizations_channels_are_not_there(
    client, stranger, organization, now
):
    channel = AlertChannel.objects.create(
        organization=organization,
        kind="EMAIL",
        address="ops@example.com",
        created_at=now,
    )
    client.force_login(stranger.user)

    assert b"ops@example.com" not in client.get(PATH).content
    for what in ("test", "switch", "remove", "new-secret"):
        assert client.post(f"{PATH}channels/{channel.pk}/{what}/").status_code == 404
    assert AlertChannel.objects.filter(pk=channel.pk, is_enabled=True).exists()
