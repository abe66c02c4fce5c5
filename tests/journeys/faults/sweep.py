"""The crash sweep: one call, and a worker that is killed at its n-th step, for all n.

A step is a statement that writes, a commit, a request that goes out, or its reply that
comes in: between any two of them the process dies as by `kill -9`. Another worker then
takes over, and time passes until the call is at rest. Everything is real but the time:
the database, the process that dies, and the sandbox's RingCentral and CRM over HTTP.
"""

import itertools
import json
import multiprocessing
import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from urllib.request import urlopen

import requests
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from appconnect.calls.models import CallSession
from appconnect.calls.models.choices import CallStatus
from appconnect.worker import queue
from connector.crms.sandbox import Sandbox
from connector.types import MarkerSupport
from tests.support.helpers import SandboxControl
from tests.support.organization import make_logging_settings, make_organization
from tests.support.program import running_sandbox

KILLED = 137
FORK = multiprocessing.get_context("fork")
POST = {"path": "/crm/api/call-logs", "method": "POST"}
MAX_STEPS = 500


@dataclass(frozen=True)
class Variant:
    """Under which circumstances the worker is killed."""

    marker_support: MarkerSupport = MarkerSupport.SEARCHABLE
    reply_lost: bool = False
    lag_seconds: int = 0


VARIANTS = [
    Variant(MarkerSupport.SEARCHABLE, reply_lost, lag)
    for reply_lost, lag in itertools.product((False, True), (0, 60))
] + [
    Variant(MarkerSupport.UNIQUE),
    Variant(MarkerSupport.UNIQUE, reply_lost=True),
    Variant(MarkerSupport.NONE),
    Variant(MarkerSupport.NONE, reply_lost=True),
]


class Steps:
    """Counts the steps of this process, and ends it at one of them."""

    def __init__(self, kill_at: int):
        self._left = kill_at

    def __call__(self) -> None:
        self._left -= 1
        if self._left == 0:
            os._exit(KILLED)

    def watch(self) -> None:
        """Count what this process does to its database and over HTTP from now on."""
        connection.execute_wrappers.append(self._execute)
        connection._commit = self._around(connection._commit)
        adapter = requests.adapters.HTTPAdapter
        send = adapter.send

        def send_in_steps(adapter, request, **kwargs):
            self()
            reply = send(adapter, request, **kwargs)
            self()
            return reply

        adapter.send = send_in_steps

    def _execute(self, execute, sql, params, many, context):
        if not sql.startswith("SELECT"):
            self()
        return execute(sql, params, many, context)

    def _around(self, commit: Callable[[], None]) -> Callable[[], None]:
        def commit_in_steps() -> None:
            self()
            commit()
            self()

        return commit_in_steps


class Sweep:
    """One variant, from the first step to the last."""

    def __init__(self, sandbox: SandboxControl, variant: Variant, template: Path):
        self._sandbox = sandbox
        self._variant = variant
        self._template = template
        self._ahead: Synchronized = FORK.Value("d", 0.0)

    def run(self) -> Counter:
        """Kill at every step; return how often a call came to which end."""
        ends: Counter = Counter()
        for kill_at in range(1, MAX_STEPS):
            self._begin_anew()
            if self._fork(kill_at) == 0:
                return ends
            assert self._fork(0) == 0, "the second worker failed"
            ends[self._end()] += 1
        raise AssertionError("the worker never comes to its end")

    def _begin_anew(self) -> None:
        database = settings.DATABASES["default"]["NAME"]
        for name in (f"{database}-wal", f"{database}-shm"):
            Path(name).unlink(missing_ok=True)
        shutil.copy(self._template, database)
        self._ahead.value = 0.0
        sandbox, variant = self._sandbox, self._variant
        sandbox.reset()
        session = sandbox.make_call("inbound_answered", extension="102")
        sandbox.advance(30)
        sandbox.switch(
            crmSearchLagSeconds=variant.lag_seconds,
            crmRefusesDuplicates=variant.marker_support is MarkerSupport.UNIQUE,
            replies=[{**POST, "status": 500, "lost": True}] * variant.reply_lost,
        )
        with sqlite3.connect(database) as rows:
            rows.execute(
                "UPDATE calls_callsession SET telephony_session_id=?", [session]
            )
        rows.close()

    def _fork(self, kill_at: int) -> int:
        """Let a worker live, to the end of the call or to that step; return its exit code."""
        child = FORK.Process(target=self._work, args=(Steps(kill_at),))
        child.start()
        child.join(120)
        return child.exitcode

    def _work(self, steps: Steps) -> None:
        Sandbox.marker_support = self._variant.marker_support
        Sandbox.search_lag = timedelta(seconds=self._variant.lag_seconds)
        real = timezone.now
        timezone.now = lambda: real() + timedelta(seconds=self._ahead.value)
        call = CallSession.objects.get()
        steps.watch()
        while call.next_attempt_at is not None:
            self._wait((call.next_attempt_at - timezone.now()).total_seconds())
            queue.process_call.call_local(str(call.pk))
            call = CallSession.objects.get()
        os._exit(0)

    def _wait(self, seconds: float) -> None:
        if seconds > 0:
            self._ahead.value += seconds
            body = json.dumps({"advanceSeconds": seconds}).encode()
            # By other means than the program's own: this is no step of its.
            urlopen(f"{self._sandbox.url}/__sim/clock", body).close()  # noqa: S310

    def _end(self) -> str:
        """Say what became of the call; fail where that is not what we promise."""
        call, records = CallSession.objects.get(), self._sandbox.call_logs()
        connection.close()
        what = f"{call.status} {call.reason}".strip()
        if call.status == CallStatus.LOGGED:
            assert len(records) == 1, f"{len(records)} records of a logged call"
            assert "media.ringcentral.com" in records[0]["note"], "no recording"
        else:
            assert self._variant.marker_support is MarkerSupport.NONE, what
            assert call.is_undecided, what
            assert len(records) <= 1, f"{len(records)} records"
        return what


def sweep(variants: list[Variant]) -> Iterator[dict]:
    """Run the variants; yield the figures of each. Raises `AssertionError`."""
    with running_sandbox() as sandbox:
        settings.RINGCENTRAL_SERVER = sandbox.url
        settings.RINGCENTRAL_CLIENT_ID = "sandbox-app"
        settings.RINGCENTRAL_CLIENT_SECRET = "sandbox-secret"
        settings.CRM_PRIVATE_HOSTS = [sandbox.host]
        settings.CALL_LOG_READS_PER_MINUTE = 600
        call_command("migrate", verbosity=0)
        now = timezone.now()
        organization = make_organization()
        organization.crm_hostname = sandbox.host
        organization.save()
        make_logging_settings(organization, since=now - timedelta(days=2))
        CallSession.objects.create(
            organization=organization,
            telephony_session_id="to be set",
            status=CallStatus.WAITING_FOR_RECORD,
            started_at=now,
            last_event_at=now,
            received_at=now,
            next_attempt_at=now,
        )
        connection.close()
        template = settings.DATA_DIR / "template.sqlite3"
        shutil.copy(settings.DATABASES["default"]["NAME"], template)
        for variant in variants:
            ends = Sweep(sandbox, variant, template).run()
            yield {**asdict(variant), "killed": ends.total(), **ends}
