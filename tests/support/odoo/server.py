"""A real Odoo 19 on PostgreSQL, built once from Debian and PyPI and kept between runs.

Everything is pinned: the server's package and its hash, what it imports
(`constraints.txt`), and the OCA's add-on for call records. Odoo runs as a process of its
own; nothing of it becomes part of this program.
"""

import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import requests

from tests.support.crm_servers import (
    DATABASE_USER,
    build_once,
    install_packages,
    make_venv,
    run,
    running_postgres,
    running_process,
)
from tests.support.postgres import postgres_programs
from tests.support.program import free_port_pair

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("ODOO_CI_DIR") or "~/.cache/appconnect-odoo").expanduser()
VERSION = "19.0.0+dfsg-1"
DEB_SHA256 = "9d2f598b0555db17e291d48ed24df184c70823c053c4c5ed53c467ca7f629bbf"
PHONE_CALLS = "odoo-addon-crm-phonecall==19.0.1.0.1"
WITH_PHONE_CALLS, WITHOUT = "localhost", "127.0.0.1"
"""The databases. Each answers to the host it is named after, as at Odoo's own hosting."""


class Odoo:
    """A running server with both databases, and the API keys of its users by login."""

    def __init__(self, port: int, keys: dict[str, str]):
        self.port = port
        self.keys = keys

    def host(self, database: str) -> str:
        return f"{database}:{self.port}"


@contextmanager
def running_odoo() -> Iterator[Odoo]:
    """Start Odoo on fresh copies of its databases; skip, or fail in CI, where it cannot be built."""
    built = build()
    with tempfile.TemporaryDirectory(prefix="odoo-") as folder:
        place = Path(folder)
        run("cp", "-a", f"{built}/databases/.", place)
        port = free_port_pair()
        with (
            running_postgres(place, stop="immediate"),
            running_process(
                odoo(built, place, "server", f"--http-port={port}"),
                is_alive=partial(is_healthy, port),
                log=place / "log",
            ),
        ):
            yield Odoo(port, json.loads((place / "keys.json").read_text()))


def is_healthy(port: int) -> bool:
    try:
        with requests.get(f"http://localhost:{port}/web/health", timeout=5) as reply:
            return reply.ok
    except requests.RequestException:
        return False


def build() -> Path:
    """Return the folder with the server and its databases."""
    recipe = b"".join(path.read_bytes() for path in sorted(HERE.glob("*.*")))
    return build_once(CACHE, recipe + str(postgres_programs()).encode(), install)


def install(built: Path) -> None:
    deb = download()
    source, venv = built / "source", built / "venv"
    source.mkdir()
    run("bash", HERE / "unpack.sh", deb, source)
    make_venv(venv, sys.executable, HERE / "constraints.txt")
    install_packages(venv, "--target", built / "addons", PHONE_CALLS)
    make_databases(built)


def download() -> Path:
    """Fetch Odoo's package with package lists of our own: the machine's stay as they are."""
    deb, apt = CACHE / f"odoo-19_{VERSION}_all.deb", CACHE / "apt"
    if not deb.exists():
        (apt / "lists/partial").mkdir(parents=True, exist_ok=True)
        (apt / "cache/archives/partial").mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / "sources.list", apt)
        apt_get = (
            *("apt-get", "-qq", "-o", "Acquire::Languages=none"),
            *("-o", f"Dir::Etc::SourceList={apt}/sources.list"),
            *("-o", "Dir::Etc::SourceParts=/dev/null"),
            *("-o", f"Dir::State::Lists={apt}/lists", "-o", f"Dir::Cache={apt}/cache"),
            *("-o", "APT::Sandbox::User=root"),
        )
        run(*apt_get, "update")
        run(*apt_get, "download", f"odoo-19={VERSION}", cwd=CACHE)
        shutil.rmtree(apt)
    if hashlib.sha256(deb.read_bytes()).hexdigest() != DEB_SHA256:
        deb.unlink()
        raise OSError(f"{deb.name} is not the package that it was.")
    return deb


def make_databases(built: Path) -> None:
    """Keep a stopped PostgreSQL cluster with both databases, and Odoo's files."""
    with tempfile.TemporaryDirectory(prefix="odoo-") as folder:
        place = Path(folder)
        with running_postgres(place):
            install_modules(built, place, WITHOUT, "contacts,crm,phone_validation,rpc")
            seed = (HERE / "seed_database.py").read_text()
            shell = odoo(built, place, "shell", "-d", WITHOUT, "--no-http")
            run(*shell, input=seed, cwd=place)
            createdb = (postgres_programs() / "createdb", "-h", place / "postgres")
            run(*createdb, "-U", DATABASE_USER, "-T", WITHOUT, WITH_PHONE_CALLS)
            files = place / "data/filestore"
            run("cp", "-a", files / WITHOUT, files / WITH_PHONE_CALLS)
            install_modules(built, place, WITH_PHONE_CALLS, "crm_phonecall")
        run("cp", "-a", place, built / "databases")


def install_modules(built: Path, place: Path, database: str, modules: str) -> None:
    options = ("-d", database, "-i", modules, "--stop-after-init", "--no-http")
    run(*odoo(built, place, "server", *options))


def odoo(built: Path, place: Path, command: str, *arguments: object) -> list[object]:
    return [
        *("env", f"PYTHONPATH={built}/source", built / "venv/bin/python", "-m", "odoo"),
        *(command, f"--db_host={place}/postgres", f"--db_user={DATABASE_USER}"),
        *("--db-filter=^%h$", "--no-database-list", "--http-interface=127.0.0.1"),
        f"--addons-path={built}/source/odoo/addons,{built}/addons/odoo/addons",
        *(f"--data-dir={place}/data", "--workers=0", "--max-cron-threads=0"),
        *("--without-demo=True", "--log-level=warn", *arguments),
    ]
