"""Faults of the database, with a real SQLite file.

`tests/journeys/test_postgres.py` has those of a PostgreSQL server.
"""

import json
import subprocess
import sys

import pytest

from tests.support.helpers import ROOT

pytestmark = pytest.mark.processes

SET_UP = """
import json, os, sys, tempfile, threading, uuid
os.environ["DATA_DIR"] = tempfile.mkdtemp()
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import django
django.setup()
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from appconnect.calls.models import CallSession
from appconnect.organizations.models import LoggingSubscription
from tests.support.organization import make_organization
from tests.support.helpers import ROOT

call_command("migrate", verbosity=0)
organization = make_organization()
subscription = LoggingSubscription.objects.create(
    organization=organization, event_filter="x",
    verification_token_hash=LoggingSubscription.hash_token("t"), subscription_id="s",
)
captured = json.loads(
    (ROOT / "tests/support/data/ringcentral/call-control-js"
     / "telephonySessionOutboundDisconnectedMessage.json").read_text()
)
captured["subscriptionId"], captured["ownerId"] = "s", organization.rc_account_id
captured["body"]["eventTime"] = timezone.now().isoformat()
acknowledged, refused = [], []

def deliver():
    session = f"s-{uuid.uuid4().hex}"
    captured_now = json.loads(json.dumps(captured))
    captured_now["body"]["telephonySessionId"] = session
    reply = Client(raise_request_exception=False, HTTP_HOST="127.0.0.1").post(
        f"/webhooks/ringcentral/{subscription.pk}/", captured_now,
        content_type="application/json", headers={"Verification-Token": "t"},
    )
    (acknowledged if reply.status_code == 200 else refused).append(session)
    return reply.status_code

def stored():
    return set(CallSession.objects.values_list("telephony_session_id", flat=True))
"""
FULL = """
pages = connection.cursor().execute("PRAGMA page_count").fetchone()[0]
connection.cursor().execute(f"PRAGMA max_page_count={pages + 8}")
codes = {deliver() for _ in range(300)}
lost = set(acknowledged) - stored()
integrity = connection.cursor().execute("PRAGMA integrity_check").fetchone()[0]
connection.cursor().execute("PRAGMA max_page_count=100000000")
print(json.dumps([sorted(codes), len(lost), integrity, deliver()]))
"""
LOCKED = """
def deliver_many():
    for _ in range(50):
        deliver()
    connection.close()

threads = [threading.Thread(target=deliver_many) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(json.dumps([len(acknowledged), len(refused), len(set(acknowledged) - stored())]))
"""


def run(script: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", SET_UP + script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_notification_is_refused_while_the_disk_is_full():
    done = run(FULL)

    assert done.stdout, done.stderr
    codes, lost, integrity, afterwards = json.loads(done.stdout)
    assert codes == [200, 503]
    assert (lost, integrity) == (0, "ok")
    assert afterwards == 200, "it goes on by itself when there is room again"


def test_eight_writers_wait_for_each_other():
    done = run(LOCKED)

    assert json.loads(done.stdout) == [400, 0, 0], done.stderr
