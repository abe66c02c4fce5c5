"""A PostgreSQL server of the tests' own."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.program import free_port_pair, missing


class Server:
    """A private PostgreSQL server."""

    def __init__(self, folder: Path, data: Path):
        self.port = free_port_pair()
        self.psql = str(folder / "psql")
        as_owner = []
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(data.parent, "postgres")
            as_owner = ["runuser", "-u", "postgres", "--"]
        run = [*as_owner, str(folder / "initdb"), "-D", str(data), "-A", "trust"]
        subprocess.run([*run, "-U", "postgres"], check=True, capture_output=True)
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c fsync=off -k {data}"
            " -c max_connections=300"  # one for each thread of some workers
        )
        control = [*as_owner, str(folder / "pg_ctl"), "-D", str(data), "-w"]
        self.stop = [*control, "-m", "immediate", "stop"]
        start = [*control, "-l", str(data / "log"), "-o", options]
        self.restart = [*start, "-m", "immediate", "restart"]
        subprocess.run([*start, "start"], check=True, stdout=subprocess.DEVNULL)
        self.databases = 0

    def make_database(self) -> str:
        """Return the URL of a new, empty database."""
        self.databases += 1
        name = f"test_{self.databases}"
        url = f"postgres://postgres@127.0.0.1:{self.port}"
        create = [self.psql, f"{url}/postgres", "-c", f"CREATE DATABASE {name}"]
        subprocess.run(create, check=True, capture_output=True)
        return f"{url}/{name}"


@contextmanager
def running_postgres() -> Iterator[Server]:
    """Start one, afresh; skip where PostgreSQL is missing, or fail where CI is set."""
    try:
        folder = postgres_programs()
    except FileNotFoundError as fault:
        missing(str(fault))
    with TemporaryDirectory() as data:  # pytest's own is shut to other users
        started = Server(folder, Path(data) / "data")
        yield started
        subprocess.run(started.stop, check=True, capture_output=True)


def postgres_programs() -> Path:
    """Return the folder of PostgreSQL's programs. Raises `FileNotFoundError`."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if on_path := shutil.which("initdb"):
        found.insert(0, Path(on_path).parent)
    if not found:
        raise FileNotFoundError(
            "PostgreSQL is not installed: apt-get install postgresql."
        )
    return found[-1]
