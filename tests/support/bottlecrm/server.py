"""A real BottleCRM on PostgreSQL: installed once from PyPI, its database kept.

Cold that takes half a minute, afterwards a few seconds. It runs as a process of its own, on a
Python of its own: it needs 3.12.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from tests.support.crm_servers import (
    DATABASE_USER,
    build_once,
    make_venv,
    run,
    running_postgres,
    running_process,
)
from tests.support.fakes.openapi_judge import Description
from tests.support.postgres import postgres_programs
from tests.support.program import free_port_pair

HERE = Path(__file__).parent
CACHE = Path(
    os.environ.get("BOTTLECRM_CI_DIR") or "~/.cache/appconnect-bottlecrm"
).expanduser()
DATABASE = "bottlecrm"


class BottleCrm:
    """A running server, its people's tokens, and a way to look into it as its admin."""

    def __init__(self, host: str, tokens: dict[str, str], description: Description):
        self.host = host
        self.tokens = tokens
        self.description = description

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """Send a request as the organization's admin, without the connector."""
        reply = requests.request(
            method,
            f"http://{self.host}/api/{path}",
            headers={"Authorization": f"Bearer {self.tokens['admin']}"},
            timeout=30,
            **options,
        )
        assert reply.ok, reply.text
        return reply.json() if reply.content else None

    def calls_of(self, **record: str) -> list[dict[str, Any]]:
        """Return the calls on a record's timeline: `calls_of(contact=its_id)`."""
        return self.ask("GET", "interactions/", params=record)["interactions"]

    def is_alive(self) -> bool:
        try:
            with requests.get(f"http://{self.host}/healthz/", timeout=5) as reply:
                return reply.ok
        except requests.RequestException:
            return False


@contextmanager
def running_bottlecrm() -> Iterator[BottleCrm]:
    """Run one on a fresh copy of its database; skip, or fail in CI, where it cannot be built."""
    built = build()
    with tempfile.TemporaryDirectory(prefix="bottlecrm-") as folder:
        place = Path(folder)
        run("cp", "-a", f"{built}/database/.", place)
        host = f"127.0.0.1:{free_port_pair()}"
        tokens = json.loads((place / "tokens.json").read_text())
        crm = BottleCrm(host, tokens, Description(built / "openapi.json"))
        with (
            running_postgres(place, stop="immediate"),
            running_process(
                python(built, "gunicorn", "crm.wsgi", "-b", host, "--threads=4"),
                is_alive=crm.is_alive,
                log=place / "log",
                env=environment(place),
                cwd=place,
            ),
        ):
            yield crm


def build() -> Path:
    """Return the folder with BottleCRM and its database."""
    recipe = b"".join(path.read_bytes() for path in sorted(HERE.glob("*.*")))
    return build_once(CACHE, recipe + str(postgres_programs()).encode(), install)


def install(built: Path) -> None:
    make_venv(built / "venv", newer_python(), HERE / "requirements.txt")
    with tempfile.TemporaryDirectory(prefix="bottlecrm-") as folder:
        place = Path(folder)
        with running_postgres(place):
            createdb = (postgres_programs() / "createdb", "-U", DATABASE_USER)
            run(*createdb, "-h", place / "postgres", DATABASE)
            django = python(built, "django")
            options = {"env": environment(place), "cwd": place}
            run(*django, "migrate", "--run-syncdb", "-v0", **options)
            run(built / "venv/bin/python", HERE / "seed_database.py", **options)
            about = ("spectacular", "--format=openapi-json")
            run(*django, *about, "--file", built / "openapi.json", **options)
        run("cp", "-a", place, built / "database")


def newer_python() -> Path:
    """Return a Python that BottleCRM runs on: the newest on the path, or of pyenv."""
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"
    for minor in (14, 13, 12):
        name = f"python3.{minor}"
        for path in (shutil.which(name), *pyenv.glob(f"3.{minor}.*/bin/{name}")):
            # pyenv's own shims are there for a Python that is not switched on, too.
            if (
                path
                and not subprocess.run([path, "-c", ""], capture_output=True).returncode
            ):
                return Path(path)
    raise FileNotFoundError("BottleCRM needs Python 3.12 or newer.")


def python(built: Path, module: str, *arguments: object) -> list[object]:
    return [built / "venv/bin/python", "-m", module, *arguments]


def environment(place: Path) -> dict[str, str]:
    ours = ("SECRET_KEY", "DATABASE_URL", "DEBUG", "ALLOWED_HOSTS")
    inherited = {name: text for name, text in os.environ.items() if name not in ours}
    return inherited | {
        "PYTHONPATH": str(HERE),
        "DJANGO_SETTINGS_MODULE": "bottlecrm_settings",
        "SECRET_KEY": "for-the-tests-only-" * 3,
        "DBNAME": DATABASE,
        "DBUSER": DATABASE_USER,
        "DBHOST": str(place / "postgres"),
        "CELERY_BROKER_URL": "memory://",
        "CELERY_RESULT_BACKEND": "cache+memory://",
    }
