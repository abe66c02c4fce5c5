from datetime import timedelta

from django.utils import timezone

from appconnect.monitoring.models import WorkerHeartbeat
from appconnect.worker.engine import engine


def test_is_alive(client):
    reply = client.get("/isAlive")

    assert (reply.status_code, reply.content) == (200, b"OK")
    assert reply.headers["Content-Type"] == "text/plain"


def test_process_is_alive_while_the_database_is_away(client):
    assert client.get("/healthz").status_code == 200


def test_ready_needs_a_worker_that_lives(client, db):
    reply = client.get("/readyz")
    assert reply.status_code == 503
    assert reply.json() == {
        **{"database": True, "migrations": True, "worker": False, "queue": True}
    }

    WorkerHeartbeat.objects.create(name="w", beat_at=timezone.now())
    assert client.get("/readyz").status_code == 200

    WorkerHeartbeat.objects.update(beat_at=timezone.now() - timedelta(minutes=5))
    assert client.get("/readyz").status_code == 503


def test_not_being_ready_is_no_error_in_the_log(client, db, caplog):
    assert client.get("/readyz").status_code == 503
    assert caplog.messages == []

    client.get("/nowhere/")
    assert caplog.messages != []


def test_ready_needs_a_queue_that_answers(client, db, monkeypatch):
    WorkerHeartbeat.objects.create(name="w", beat_at=timezone.now())
    monkeypatch.setattr(engine, "pending_count", lambda: 1 / 0)

    reply = client.get("/readyz")

    assert reply.status_code == 503
    assert not reply.json()["queue"]
