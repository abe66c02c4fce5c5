"""A real Tryton 8.0 on SQLite: installed once from PyPI, its empty database kept.

Cold that takes half a minute, afterwards a second or two.
"""

from __future__ import annotations

import os
import shutil
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from tests.support.crm_servers import build_once, make_venv, run, running_process
from tests.support.program import free_port_pair

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements.txt"
CONFIGURATION = HERE / "trytond.conf"
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
    built = build()
    shutil.copy(built / "db" / f"{DATABASE}.sqlite", folder)
    port = free_port_pair()
    tryton = Tryton(f"127.0.0.1:{port}")
    command = (built / "venv/bin/python", built / "venv/bin/trytond")
    options = ("-c", configure(folder, port), "-d", DATABASE)
    with running_process(
        [*command, *options], is_alive=tryton.is_alive, log=folder / "trytond.log"
    ):
        tryton.sign_in()
        tryton.seed()
        yield tryton
        tryton.close()


def configure(folder: Path, port: int) -> Path:
    configuration = folder / "trytond.conf"
    template = CONFIGURATION.read_text()
    configuration.write_text(template.format(folder=folder, port=port))
    return configuration


def build() -> Path:
    """Return the folder with Tryton and its empty database."""
    recipe = b"".join(path.read_bytes() for path in sorted(HERE.glob("*.*")))
    return build_once(CACHE, recipe + sys.version.encode(), install)


def install(built: Path) -> None:
    (built / "db").mkdir()
    (built / "db" / f"{DATABASE}.sqlite").touch()
    (built / "password").write_text(PASSWORD)
    python = built / "venv/bin/python"
    make_venv(built / "venv", sys.executable, REQUIREMENTS)
    admin = (
        *(python, built / "venv/bin/trytond-admin"),
        *("-c", configure(built / "db", 0), "-d", DATABASE),
    )
    environment = {**os.environ, "TRYTONPASSFILE": str(built / "password")}
    modules = ("-u", "party", "sale_opportunity", "--activate-dependencies")
    run(*admin, *modules, "--email", "admin@example.com", env=environment)
