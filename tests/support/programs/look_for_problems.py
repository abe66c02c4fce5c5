"""Looks for problems in two threads, twice each, once a line comes on standard input."""

import sys
import threading

import django

django.setup()

from appconnect.organizations.models import Organization
from appconnect.worker import queue

organization = Organization.objects.get()
print("ready", flush=True)
sys.stdin.readline()
start = threading.Barrier(2)


def look_for_problems():
    start.wait()
    for _ in range(2):
        queue.look_for_problems.call_local(str(organization.pk))


threads = [threading.Thread(target=look_for_problems) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
