"""Several worker processes see the same problem at the same moment."""

import pytest

from tests.support.processes import PROCESSES, run_once_then_at_once

SET_UP = """
import django
django.setup()
from datetime import timedelta
from django.contrib.auth.models import User
from django.utils import timezone
from appconnect.organizations.models import Member, Organization, RingCentralConnection
from appconnect.organizations.connections.ringcentral_connection import lose

organization = Organization.objects.create(name="O", rc_account_id="1", region="US")
connection = RingCentralConnection.objects.create(
    organization=organization, extension_id="1"
)
for name in ("ada", "ben"):
    user = User.objects.create_user(name, f"{name}@example.com", "a good password")
    Member.objects.create(user=user, organization=organization)
lose(connection, "The sign-in ended.", timezone.now())
"""
WORKER = """
import django, sys, threading
django.setup()
from appconnect.worker import queue
from appconnect.organizations.models import Organization

organization = Organization.objects.get()
print("ready", flush=True)
sys.stdin.readline()
start = threading.Barrier(2)

def look():
    start.wait()
    for _ in range(2):
        queue.look_for_problems.call_local(str(organization.pk))

threads = [threading.Thread(target=look) for _ in range(2)]
[t.start() for t in threads]
[t.join() for t in threads]
"""


@pytest.mark.processes
def test_of_many_workers_in_many_processes_one_tells_the_admins(sandbox, tmp_path):
    said = run_once_then_at_once(SET_UP, WORKER, sandbox=sandbox, folder=tmp_path)

    told = "".join(said)
    assert len(said) == PROCESSES
    assert told.count("Subject: [O] RingCentral must be connected again") == 1
    assert told.count("To: ada@example.com, ben@example.com") == 1
