from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from appconnect.calls.models import CallSession

PATH = "/metrics"


def read(reply) -> dict[str, float]:
    return {
        sample.name + "".join(f" {v}" for v in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(reply.content.decode())
        for sample in family.samples
    }


def test_calls_and_queue_are_counted(client, make_call, now):
    make_call(next_attempt_at=now - timedelta(seconds=90))
    make_call(status=CallSession.Status.LOGGED, next_attempt_at=None)

    numbers = read(client.get(PATH))

    assert numbers["appconnect_calls logged"] == 1
    assert numbers["appconnect_calls failed"] == 0
    assert numbers["appconnect_queue_depth"] == 1
    assert 90 <= numbers["appconnect_queue_age_seconds"] < 120
    assert numbers["appconnect_workers_alive"] == 0
    assert numbers["appconnect_crm_circuits_open"] == 0


def test_metrics_have_no_personal_data(client, make_call, organization):
    make_call()

    body = client.get(PATH).content.decode()

    for known in (organization.name, str(organization.pk), "+1415", "101", "sandbox"):
        assert known not in body


def test_it_is_cheap(client, make_call, django_assert_num_queries):
    make_call()

    with django_assert_num_queries(4):
        client.get(PATH)


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Forwarded-Proto"])
def test_request_through_the_proxy_finds_nothing(client, db, header):
    assert client.get(PATH, headers={header: "127.0.0.1"}).status_code == 404


def test_another_machine_needs_the_token(client, db, settings):
    def ask(token: str) -> int:
        headers = {"X-Forwarded-For": "203.0.113.9", "Authorization": f"Bearer {token}"}
        return client.get(PATH, headers=headers).status_code

    assert ask("") == 404
    settings.METRICS_TOKEN = "a long token"
    assert ask("a long token") == 200
    assert ask("another") == 404
    assert client.get(PATH, REMOTE_ADDR="203.0.113.9").status_code == 404
