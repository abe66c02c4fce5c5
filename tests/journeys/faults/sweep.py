"""The crash sweep: a sender that is killed at its n-th step, for all n.

A step is a statement that writes, a commit, a request that goes out, or its reply that
comes in. Between any two of them the sender dies: it runs in this process, and from then
on each step that it still attempts is refused, so that nothing of it is left but what it
had committed and sent. Another one then takes over, and time passes until everything is at
rest. Everything else is real but the time: the database, and the sandbox's RingCentral and
CRM over HTTP. `tests/long_runs/random_kills.py` kills real processes.
"""

import itertools
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.core.signals import request_started
from django.db import close_old_connections, connection
from django.test import Client
from django.utils import timezone
from requests.adapters import HTTPAdapter

from appconnect.api.base.authentication import issue_user_jwt
from appconnect.calls.models import CallSession, CrmRecord
from appconnect.calls.models.choices import CallStatus
from appconnect.organizations.connections import crm_sign_in
from appconnect.organizations.models import CrmSession
from appconnect.sandbox.ringcentral import seed
from appconnect.worker import queue
from connector.crms.sandbox import Sandbox
from connector.types import MarkerSupport
from tests.support.helpers import SandboxControl, forget_data_keys
from tests.support.organization import (
    connect_to_crm,
    make_logging_settings,
    make_organization,
)
from tests.support.program import running_sandbox

AGENT = "101"
KNOWN_NUMBER, UNKNOWN_NUMBER = "+14155550101", "+12125550147"
RECORDS, CONTACTS = "/crm/api/call-logs", "/crm/api/contacts"
MAX_STEPS = 500
MAX_POSTS = 12
CLIENT_INTERVAL_SECONDS = 30


class Killed(BaseException):
    """The sender is dead: nothing that it still attempts is carried out."""


class Steps:
    """Counts the steps of a sender, and kills it at one of them."""

    def __init__(self):
        self._taken = self._kill_at = 0
        connection.execute_wrappers.append(self._execute)
        commit, send = connection._commit, HTTPAdapter.send

        def commit_in_steps() -> None:
            try:
                self.take()
            except Killed:
                connection._rollback()  # or Python commits when Django unwinds
                raise
            commit()
            self.take()

        def send_in_steps(adapter, request, **kwargs):
            if "/__sim/" in request.url:  # by the sweep itself
                return send(adapter, request, **kwargs)
            self.take()
            reply = send(adapter, request, **kwargs)
            self.take()
            return reply

        connection._commit = commit_in_steps
        HTTPAdapter.send = send_in_steps

    def begin(self, *, kill_at: int) -> None:
        """Count from the beginning. Nobody is killed at 0."""
        self._taken, self._kill_at = 0, kill_at

    def take(self) -> None:
        self._taken += 1
        if self._kill_at and self._taken >= self._kill_at:
            raise Killed

    def _execute(self, execute, sql, params, many, context):
        if not sql.startswith("SELECT"):
            self.take()
        return execute(sql, params, many, context)


@dataclass(frozen=True)
class Variant:
    """The sender that is killed, and the circumstances."""

    sender: str
    """`worker`: a known contact; `contact`: a worker that creates one; `client`: a
    client that posts the call, and posts it again; `client, worker`: a client that
    posts the call, which a worker then logs."""
    marker_support: MarkerSupport = MarkerSupport.SEARCHABLE
    is_reply_lost: bool = False
    lag_seconds: int = 0


SENDERS = ("worker", "contact", "client", "client, worker")
VARIANTS = [
    Variant(sender, marker_support, is_reply_lost, lag_seconds)
    for sender, (marker_support, lag_seconds), is_reply_lost in itertools.product(
        SENDERS,
        [
            (MarkerSupport.SEARCHABLE, 0),
            (MarkerSupport.SEARCHABLE, 60),
            (MarkerSupport.UNIQUE, 0),
            (MarkerSupport.NONE, 0),
        ],
        (False, True),
    )
]
SAMPLE = [
    Variant("worker", lag_seconds=60),
    Variant("worker", MarkerSupport.NONE),
    Variant("contact", is_reply_lost=True, lag_seconds=60),
    Variant("client", is_reply_lost=True, lag_seconds=60),
    Variant("client, worker", MarkerSupport.UNIQUE),
]
"""Every sender and every kind of CRM."""


class Sweep:
    """One variant, from the first step to the last."""

    def __init__(self, sandbox: SandboxControl, steps: Steps, template: Path):
        self._sandbox = sandbox
        self._steps = steps
        self._template = template
        self._ahead = 0.0
        real = timezone.now
        timezone.now = lambda: real() + timedelta(seconds=self._ahead)

    def run(self, variant: Variant) -> Counter:
        """Kill at every step; return how often a call came to which end."""
        Sandbox.marker_support = variant.marker_support
        Sandbox.search_lag = timedelta(seconds=variant.lag_seconds)
        ends: Counter = Counter()
        for kill_at in range(1, MAX_STEPS):
            self._begin_anew(variant)
            is_killed = self._live(variant, kill_at=kill_at)
            self._live(variant, kill_at=0)
            ends[self._end(variant)] += 1
            if not is_killed:
                return ends
        raise AssertionError("the sender never comes to its end")

    def _begin_anew(self, variant: Variant) -> None:
        database = settings.DATABASES["default"]["NAME"]
        connection.close()
        for name in (f"{database}-wal", f"{database}-shm"):
            Path(name).unlink(missing_ok=True)
        shutil.copy(self._template, database)
        self._ahead = 0.0
        self._steps.begin(kill_at=0)
        creates_contact = variant.sender == "contact"
        number = UNKNOWN_NUMBER if creates_contact else KNOWN_NUMBER
        path = CONTACTS if creates_contact else RECORDS
        reply = {"path": path, "method": "POST", "status": 500, "lost": True}
        self._sandbox.reset()
        session = self._sandbox.make_call(
            "inbound_answered", extension=AGENT, **{"from": number}
        )
        self._sandbox.advance(30)
        self._sandbox.switch(
            crmSearchLagSeconds=variant.lag_seconds,
            crmRefusesDuplicates=variant.marker_support is MarkerSupport.UNIQUE,
            replies=[reply] * variant.is_reply_lost,
        )
        CallSession.objects.update(telephony_session_id=session)
        if creates_contact:  # the steps before are the same as those of `worker`
            queue.process_call.call_local(str(CallSession.objects.get().pk))

    def _live(self, variant: Variant, *, kill_at: int) -> bool:
        """Send until all is at rest, or until that step; return whether that came.

        It begins as a process does: it knows nothing but what is in the database.
        """
        cache.clear()
        crm_sign_in.in_memory.clear()
        forget_data_keys()
        self._steps.begin(kill_at=kill_at)
        is_first = kill_at > 0
        try:
            if variant.sender == "client" or (
                variant.sender == "client, worker" and is_first
            ):
                self._post()
            if variant.sender in ("worker", "contact") or not is_first:
                self._work()
        except Killed:
            assert not connection.in_atomic_block
            return True
        finally:
            self._steps.begin(kill_at=0)
            connection.close()
        return False

    def _work(self) -> None:
        """Let a worker process the call to its end."""
        call = CallSession.objects.get()
        while call.next_attempt_at is not None:
            self._wait((call.next_attempt_at - timezone.now()).total_seconds())
            queue.process_call.call_local(str(call.pk))
            call = CallSession.objects.get()

    def _post(self) -> None:
        """Let the agent's client log the call, until it is told that it is logged."""
        session = CrmSession.objects.get()
        call = CallSession.objects.get()
        log_info = {
            "sessionId": "4711",
            "telephonySessionId": call.telephony_session_id,
            "direction": "Inbound",
            "from": {"phoneNumber": KNOWN_NUMBER, "name": "Cara Caller"},
            "to": {"extensionId": seed.extension_id(AGENT)},
            "startTime": call.started_at.isoformat(),
            "duration": 42,
            "result": "Accepted",
        }
        for _ in range(MAX_POSTS):
            reply = (
                Client()
                .post(
                    "/callLog",
                    {"logInfo": log_info, "contactId": "c1", "contactType": "Contact"},
                    content_type="application/json",
                    headers={"Authorization": f"Bearer {issue_user_jwt(session)}"},
                )
                .json()
            )
            message = reply["returnMessage"]["message"]
            if reply["successful"] or message.startswith("Existing log"):
                return
            self._wait(CLIENT_INTERVAL_SECONDS)

    def _wait(self, seconds: float) -> None:
        if seconds > 0:
            self._ahead += seconds
            self._sandbox.advance(seconds)

    def _end(self, variant: Variant) -> str:
        """Return what became of the call; fail where that is not what we promise."""
        call = CallSession.objects.get()
        records = self._sandbox.call_logs()
        contacts = [c for c in self._sandbox.contacts() if c["phone"] == UNKNOWN_NUMBER]
        end = f"{call.status} {call.reason}".strip()
        if call.status == CallStatus.LOGGED:
            assert len(records) == 1, f"{len(records)} records of a logged call"
            assert CrmRecord.objects.get().record_id == records[0]["id"]
            assert "media.ringcentral.com" in records[0]["note"], "no recording"
        else:
            assert variant.marker_support is MarkerSupport.NONE, end
            assert call.is_undecided, end
            assert len(records) <= 1, f"{len(records)} records"
        assert len(contacts) == (variant.sender == "contact"), (
            f"{len(contacts)} contacts"
        )
        return end


def sweep(variants: list[Variant]) -> Iterator[dict]:
    """Run the variants; yield the figures of each. Raises `AssertionError`."""
    settings.DATABASES["default"]["OPTIONS"]["init_command"] += (
        " PRAGMA synchronous=OFF;"  # the machine itself does not die
    )
    settings.ALLOWED_HOSTS = ["testserver"]
    request_started.disconnect(close_old_connections)
    with running_sandbox() as sandbox:
        settings.RINGCENTRAL_SERVER = sandbox.url
        settings.RINGCENTRAL_CLIENT_ID = "sandbox-app"
        settings.RINGCENTRAL_CLIENT_SECRET = "sandbox-secret"
        settings.CRM_PRIVATE_HOSTS = [sandbox.host]
        settings.CALL_LOG_READS_PER_MINUTE = 600
        every_step = Sweep(sandbox, Steps(), make_template(sandbox))
        for variant in variants:
            ends = every_step.run(variant)
            yield {**asdict(variant), "runs": ends.total(), **ends}


def make_template(sandbox: SandboxControl) -> Path:
    """Make the database that each run begins with: one call whose record is to be found."""
    call_command("migrate", verbosity=0)
    now = timezone.now()
    organization = make_organization()
    organization.crm_hostname = sandbox.host
    organization.save()
    make_logging_settings(organization, since=now - timedelta(days=2))
    organization.server_logging_settings.update(
        no_contact="createNewPlaceholderContact"
    )
    connect_to_crm(
        organization,
        api_key=seed.api_key_of("u1"),
        extension_id=seed.extension_id(AGENT),
    )
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
    return template
