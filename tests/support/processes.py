"""Python code run in several processes at once, on a database of its own."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.helpers import ROOT, SandboxControl

PROCESSES = 3


def run_once_then_at_once(
    first: str, then: str, *, sandbox: SandboxControl, folder: Path
) -> list[str]:
    """Migrate a database, run `first`, then `then` in three processes; return what those print.

    They begin together: each prints ``ready`` when it is, and then reads a line.
    """
    environment = {
        **{k: v for k, v in os.environ.items() if k != "DATABASE_URL"},
        "DJANGO_SETTINGS_MODULE": "appconnect.settings",
        "ENV_FILE": str(folder / ".env"),
        "DATA_DIR": str(folder),
        "SECRET_KEY": "x" * 50,
        "ENCRYPTION_KEYS": f"k1={'ab' * 32}",
        "RINGCENTRAL_SERVER": sandbox.url,
        "RINGCENTRAL_CLIENT_ID": "sandbox-app",
        "RINGCENTRAL_CLIENT_SECRET": "sandbox-secret",
        "CRM_PRIVATE_HOSTS": sandbox.host,
    }
    options = {"env": environment, "cwd": ROOT, "text": True}
    migrate = [sys.executable, "manage.py", "migrate", "-v0"]
    subprocess.run(migrate, check=True, timeout=240, **options)
    subprocess.run([sys.executable, "-c", first], check=True, timeout=240, **options)
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", then],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            **options,
        )
        for _ in range(PROCESSES)
    ]
    for worker in workers:
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        worker.stdin.write("\n")
        worker.stdin.flush()
    return [worker.communicate(timeout=240)[0] for worker in workers]
