"""The web server alone, as `appconnect-web.service` runs it, with the sandbox as its CRM."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from appconnect.management.children import end
from tests.support.helpers import ROOT, SandboxControl, wait_for
from tests.support.program import free_port_pair


class Client:
    """App Connect's client, signed in to the CRM of the sandbox's organization."""

    def __init__(self, url: str, user_jwt: str):
        self.url = url
        self.headers = {"Authorization": f"Bearer {user_jwt}"}

    def ask(self, method: str, path: str, **options) -> requests.Response:
        """Make a request on a connection of its own: threads share none."""
        return requests.request(
            method, self.url + path, headers=self.headers, timeout=60, **options
        )


@contextmanager
def running_web(
    folder: Path, sandbox: SandboxControl, *, database_url: str
) -> Iterator[Client]:
    """Migrate a database, set the sandbox's organization up, serve it with two processes."""
    port = free_port_pair()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "appconnect.settings",
        "ENV_FILE": str(folder / ".env"),
        "DATA_DIR": str(folder),
        "DATABASE_URL": database_url,
        "SECRET_KEY": "x" * 50,
        "ENCRYPTION_KEYS": f"k1={'ab' * 32}",
        "RINGCENTRAL_SERVER": sandbox.url,
        "RINGCENTRAL_CLIENT_ID": "sandbox-app",
        "RINGCENTRAL_CLIENT_SECRET": "sandbox-secret",
        "CRM_PRIVATE_HOSTS": sandbox.host,
    }

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            check=True,
            env=environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            timeout=120,
        )
        return done.stdout.strip()

    run("manage.py", "migrate", "-v0")
    run("manage.py", "collectstatic", "--no-input", "-v0")
    user_jwt = run("-m", "tests.support.programs.set_up_client", sandbox.host)
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"),
            *("--host", "127.0.0.1", "--port", str(port), "--log-level", "error"),
            *("--workers", "2", "--blocking-threads", "32"),
            "appconnect.wsgi:application",
        ],
        env=environment,
        cwd=ROOT,
        start_new_session=True,
    )
    try:
        client = Client(f"http://127.0.0.1:{port}", user_jwt)
        wait_for(lambda: is_there(client))
        yield client
    finally:
        end([process])


def is_there(client: Client) -> bool:
    try:
        return client.ask("GET", "/isAlive").ok
    except requests.RequestException:
        return False
