"""Worker processes of our own, with a database that the test prepares and looks into."""

import os
import random
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from tests.support.helpers import ROOT, SandboxControl

AGENTS = ("101", "102", "103", "104", "105", "106")


def choose_environment(sandbox: SandboxControl, **environment: str) -> None:
    """Set what this process and its workers run with: before Django is set up."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "appconnect.settings",
        "DATA_DIR": tempfile.mkdtemp(prefix="workers-"),
        "SECRET_KEY": "a key for tests only, long enough to be one",
        "ENCRYPTION_KEYS": f"k1={'ab' * 32}",
        "RINGCENTRAL_SERVER": sandbox.url,
        "RINGCENTRAL_CLIENT_ID": "sandbox-app",
        "RINGCENTRAL_CLIENT_SECRET": "sandbox-secret",
        "CRM_PRIVATE_HOSTS": sandbox.host,
        **environment,
    }


def prepare(sandbox: SandboxControl):
    """Make the database and the organization that logs to the sandbox's CRM."""
    from django.apps import apps
    from django.core.management import call_command
    from django.db.models.signals import post_migrate

    from appconnect.organizations.models import Organization
    from appconnect.organizations.security.audit_triggers import protect_audit_log

    # The next one deletes this organization, its audit entries too.
    sender = apps.get_app_config("organizations")
    post_migrate.disconnect(protect_audit_log, sender=sender)
    call_command("migrate", verbosity=0)
    if Organization.objects.exists():
        call_command("flush", interactive=False, verbosity=0)  # a million calls too
    return add_organization(sandbox)


def add_organization(sandbox: SandboxControl, **fields: str):
    """Add an organization that logs to the sandbox's CRM."""
    from django.utils import timezone

    from tests.support.organization import make_logging_settings, make_organization

    now = timezone.now()
    organization = make_organization(
        crm_hostname=sandbox.host, directory_refreshed_at=now, **fields
    )
    make_logging_settings(organization, since=now - timedelta(days=2))
    return organization


def add_calls(organization, count: int, *, outside: str = "+14155550101") -> list:
    """Add calls whose record is there, to be logged now; return them."""
    from django.utils import timezone

    from appconnect.calls.models import CallSession
    from appconnect.sandbox.ringcentral import seed

    now = timezone.now()
    return CallSession.objects.bulk_create(
        CallSession(
            organization=organization,
            telephony_session_id=f"s-{uuid.uuid4().hex}",
            status=CallSession.Status.WAITING_TO_LOG,
            started_at=now - timedelta(minutes=1),
            last_event_at=now,
            received_at=now,
            next_attempt_at=now,
            direction="Inbound",
            type="Voice",
            extension_id=extension,
            duration_seconds=42,
            result="Accepted",
            details={
                "caller": {"phone_number": outside},
                "callee": {"extension_id": extension},
                "recording_url": "",
                "voicemail_url": "",
            },
        )
        for extension in map(
            seed.extension_id,
            random.choices(AGENTS, k=count),  # noqa: S311
        )
    )


@contextmanager
def running_workers(count: int) -> Iterator["Workers"]:
    workers = Workers(count)
    try:
        yield workers
    finally:
        workers.stop()


class Workers:
    """So many `manage.py run_worker`."""

    def __init__(self, count: int):
        self.count = count
        self.start()

    def start(self) -> None:
        self.processes = [self._start() for _ in range(self.count)]

    def kill(self) -> None:
        """End all at once, as by ``kill -9``."""
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait(120)

    def cpu_seconds(self) -> float:
        """Return how much processor time they have used so far."""
        ticks = 0
        for process in self.processes:
            fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2]
            ticks += sum(map(int, fields.split()[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def megabytes(self) -> list[int]:
        """Return how much memory each holds."""
        statuses = (Path(f"/proc/{p.pid}/status").read_text() for p in self.processes)
        held = (status.partition("VmRSS:")[2].split()[0] for status in statuses)
        return [int(kilobytes) // 1024 for kilobytes in held]

    def _start(self) -> subprocess.Popen:
        command = [sys.executable, str(ROOT / "manage.py"), "run_worker"]
        return subprocess.Popen(command, cwd=ROOT)

    def replace_one(self, *, gracefully: bool) -> None:
        """Have one end, by SIGTERM or as by ``kill -9``, and start another."""
        victim = random.randrange(len(self.processes))  # noqa: S311
        ending = signal.SIGTERM if gracefully else signal.SIGKILL
        self.processes[victim].send_signal(ending)
        self.processes[victim].wait(60)
        self.processes[victim] = self._start()

    def stop(self) -> None:
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait(120)
