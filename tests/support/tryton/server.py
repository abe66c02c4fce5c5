"""A real Tryton 8.0 on SQLite: installed once from PyPI, its empty database kept.

Cold that takes half a minute, afterwards a second or two.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from tests.support.helpers import wait_for
from tests.support.program import free_port_pair, missing

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
CONFIGURATION = Path(__file__).with_name("trytond.conf")
CACHE = Path(os.environ.get("TRYTON_CI_DIR", "~/.cache/appconnect-tryton")).expanduser()
DATABASE = "crm"
PASSWORD = "Adm1n-pass-xyz"
KNOWN_NUMBER = "+14155550123"


class Tryton:
    """A running server, spoken to over its own API as its admin."""

    def __init__(self, host: str):
        self.host = host
        self._session = requests.Session()

    def call(self, method: str, *params: Any, database: str = f"/{DATABASE}") -> Any:
        reply = self._session.post(
            f"http://{self.host}{database}/rpc/",
            json={"id": 1, "method": method, "params": params},
            timeout=30,
        )
        reply.raise_for_status()
        assert "error" not in reply.json(), reply.json()["error"]
        return reply.json()["result"]

    def is_alive(self) -> bool:
        try:
            return bool(self.call("common.server.version", database=""))
        except requests.RequestException:
            return False

    def sign_in(self) -> None:
        user, token, _ = self.call("common.db.login", "admin", {"password": PASSWORD})
        self.use(user, token)

    def use(self, user: str, token: str) -> None:
        """Use this session of the admin from now on."""
        credential = b64encode(f"admin:{user}:{token}".encode()).decode()
        self._session.headers["Authorization"] = f"Session {credential}"

    def end(self, user: str, token: str) -> None:
        """Log out of a session of the admin's."""
        self.use(user, token)
        self.call("common.db.logout")
        self.sign_in()

    def create(self, model: str, **values: Any) -> int:
        context = {"company": values["company"]} if "company" in values else {}
        [record] = self.call(f"model.{model}.create", [values], context)
        return int(record)

    def seed(self) -> None:
        """Fill in a company with three agents, and one party with a phone number."""
        currency = self.create(
            "currency.currency", name="US Dollar", code="USD", symbol="$"
        )
        company = self.create(
            "company.company",
            party=self.create("party.party", name="Our Ltd"),
            currency=currency,
        )
        own = {"companies": [["add", [company]]], "company": company}
        self.call("model.res.user.write", [1], own, {})
        self.create("party.party", name="Somebody who is no user")
        for name in ("Alice Agent", "Bob Agent", "Carol Agent"):
            employee = self.create(
                "company.employee",
                party=self.create("party.party", name=name),
                company=company,
            )
            login = name.split()[0].lower()
            self.create(
                "res.user",
                name=name,
                login=login,
                email=f"{login}@example.com",
                employees=[["add", [employee]]],
                employee=employee,
                **own,
            )
        phone = [["create", [{"type": "phone", "value": KNOWN_NUMBER}]]]
        self.create("party.party", name="Casey Contact", contact_mechanisms=phone)

    def close(self) -> None:
        self._session.close()


@contextmanager
def running_tryton(folder: Path) -> Iterator[Tryton]:
    """Run a Tryton of its own, seeded, with its database in `folder`."""
    cache = prepare()
    shutil.copy(cache / "db" / f"{DATABASE}.sqlite", folder)
    port = free_port_pair()
    log = folder / "trytond.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [
                *(cache / "venv/bin/python", cache / "venv/bin/trytond"),
                *("-c", configure(folder, port), "-d", DATABASE),
            ],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    tryton = Tryton(f"127.0.0.1:{port}")

    def answers() -> bool:
        assert process.poll() is None, log.read_text()
        return tryton.is_alive()

    try:
        wait_for(answers)
        tryton.sign_in()
        tryton.seed()
        yield tryton
    finally:
        tryton.close()
        process.terminate()
        process.wait(10)


def configure(folder: Path, port: int) -> Path:
    configuration = folder / "trytond.conf"
    template = CONFIGURATION.read_text()
    configuration.write_text(template.format(folder=folder, port=port))
    return configuration


def prepare() -> Path:
    """Return where Tryton and its empty database are; install them where they are not."""
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    cache = CACHE / f"{digest}-py{sys.version_info.major}.{sys.version_info.minor}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (cache / "ready").exists():
            try:
                install(cache)
            except (OSError, subprocess.CalledProcessError) as error:
                output = getattr(error, "stderr", "") or str(error)
                missing(f"Tryton cannot be installed from PyPI: {output[-500:]}")
            (cache / "ready").touch()
    return cache


def install(cache: Path) -> None:
    shutil.rmtree(cache / "venv", ignore_errors=True)
    shutil.rmtree(cache / "db", ignore_errors=True)
    (cache / "db").mkdir()
    (cache / "db" / f"{DATABASE}.sqlite").touch()
    (cache / "password").write_text(PASSWORD)
    python = cache / "venv/bin/python"
    admin = [
        *(python, cache / "venv/bin/trytond-admin"),
        *("-c", configure(cache / "db", 0), "-d", DATABASE),
    ]
    modules = ("party", "sale_opportunity")
    for command in (
        [sys.executable, "-m", "venv", cache / "venv"],
        [python, "-m", "pip", "install", "-q", "--no-deps", "-r", REQUIREMENTS],
        [*admin, "--all", "--email", "admin@example.com"],
        [*admin, "-u", *modules, "--activate-dependencies"],
    ):
        environment = {**os.environ, "TRYTONPASSFILE": str(cache / "password")}
        subprocess.run(
            command, env=environment, check=True, capture_output=True, text=True
        )
