"""A real Odoo 19 on PostgreSQL, built once from Debian and PyPI and kept between runs.

Everything is pinned: the server's package and its hash, what it imports
(`constraints.txt`), and the OCA's add-on for call records. Odoo runs as a process of its
own; nothing of it becomes part of this program.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.support.helpers import wait_for
from tests.support.program import free_port_pair, missing

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
    try:
        built = build()
    except (subprocess.CalledProcessError, OSError) as fault:
        output = getattr(fault, "stderr", None) or ""
        missing(f"Odoo cannot be built: {fault} {output[-2000:]}")
    with tempfile.TemporaryDirectory(prefix="odoo-") as folder:
        place = Path(folder)
        run("cp", "-a", f"{built}/databases/.", place)
        with running_postgres(place, stop="immediate"):
            port = free_port_pair()
            command = odoo(built, place, "server", f"--http-port={port}")
            with (place / "log").open("w") as log:
                process = subprocess.Popen(command, stdout=log, stderr=log)
            try:
                wait_until_healthy(process, port, place / "log")
                yield Odoo(port, json.loads((place / "keys.json").read_text()))
            finally:
                process.kill()  # nothing of it is kept
                process.wait()


def wait_until_healthy(process: subprocess.Popen, port: int, log: Path) -> None:
    def is_healthy() -> bool:
        assert process.poll() is None, log.read_text()
        try:
            with requests.get(
                f"http://localhost:{port}/web/health", timeout=5
            ) as reply:
                return reply.ok
        except requests.RequestException:
            return False

    wait_for(is_healthy, seconds=120)


def build() -> Path:
    """Return the folder with the server and its databases; one process builds, others wait."""
    recipe = b"".join(path.read_bytes() for path in sorted(HERE.glob("*.*")))
    recipe += str(postgres_programs()).encode()
    CACHE.mkdir(parents=True, exist_ok=True)
    built = CACHE / hashlib.sha256(recipe).hexdigest()[:12]
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (built / "databases").exists():
            shutil.rmtree(built, ignore_errors=True)
            install(built)
            make_databases(built)
    return built


def install(built: Path) -> None:
    deb = download()
    source, venv = built / "source", built / "venv"
    source.mkdir(parents=True)
    run("bash", HERE / "unpack.sh", deb, source)
    run(sys.executable, "-m", "venv", venv)
    pip = (venv / "bin/pip", "install", "-q", "--no-deps")
    run(*pip, "-r", HERE / "constraints.txt")
    run(*pip, "--target", built / "addons", PHONE_CALLS)


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
            run(*createdb, "-U", "odoo", "-T", WITHOUT, WITH_PHONE_CALLS)
            files = place / "data/filestore"
            run("cp", "-a", files / WITHOUT, files / WITH_PHONE_CALLS)
            install_modules(built, place, WITH_PHONE_CALLS, "crm_phonecall")
        run("cp", "-a", place, built / "databases.new")
    (built / "databases.new").rename(built / "databases")


def install_modules(built: Path, place: Path, database: str, modules: str) -> None:
    options = ("-d", database, "-i", modules, "--stop-after-init", "--no-http")
    run(*odoo(built, place, "server", *options))


def odoo(built: Path, place: Path, command: str, *arguments: object) -> list[object]:
    return [
        *("env", f"PYTHONPATH={built}/source", built / "venv/bin/python", "-m", "odoo"),
        *(command, f"--db_host={place}/postgres", "--db_user=odoo"),
        *("--db-filter=^%h$", "--no-database-list", "--http-interface=127.0.0.1"),
        f"--addons-path={built}/source/odoo/addons,{built}/addons/odoo/addons",
        *(f"--data-dir={place}/data", "--workers=0", "--max-cron-threads=0"),
        *("--without-demo=True", "--log-level=warn", *arguments),
    ]


@contextmanager
def running_postgres(place: Path, *, stop: str = "fast") -> Iterator[None]:
    """Run the private cluster in `place`, on a socket only; make it where there is none."""
    data, programs = place / "postgres", postgres_programs()
    as_owner = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        place.chmod(0o755)
        as_owner = ["runuser", "-u", "postgres", "--"]
    if not data.exists():
        data.mkdir()
        if as_owner:
            shutil.chown(data, "postgres")
        encoding = ("-E", "UTF8", "--no-locale")
        initdb = (*as_owner, programs / "initdb", "-A", "trust", "-U", "odoo")
        run(*initdb, *encoding, "-D", data, cwd=place)
    control = (*as_owner, programs / "pg_ctl", "-w", "-D", data)
    options = f"-c listen_addresses= -c fsync=off -k {data}"
    run(*control, "-l", data / "log", "-o", options, "start", cwd=place)
    try:
        yield
    finally:
        run(*control, "-m", stop, "stop", cwd=place)


def postgres_programs() -> Path:
    """Return the folder of PostgreSQL's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if on_path := shutil.which("initdb"):
        found.insert(0, Path(on_path).parent)
    if not found:
        raise FileNotFoundError(
            "PostgreSQL is not installed: apt-get install postgresql."
        )
    return found[-1]


def run(*command: object, **options: object) -> None:
    words = [str(word) for word in command]
    subprocess.run(words, check=True, capture_output=True, text=True, **options)
