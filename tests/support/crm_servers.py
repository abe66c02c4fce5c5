"""What the real CRMs of the tests share: they are built once and kept, then run as a process."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.helpers import wait_for
from tests.support.postgres import postgres_programs
from tests.support.program import missing

DATABASE_USER = "crm"
UV = os.environ.get("UV", "uv")
"""The program: `uv run` sets the variable to its path."""


def build_once(cache: Path, recipe: bytes, build: Callable[[Path], None]) -> Path:
    """Return the folder that `build` has filled; one process builds, others wait.

    Another recipe is built anew. Skip, or fail in CI, where it cannot be built.
    """
    cache.mkdir(parents=True, exist_ok=True)
    built = cache / hashlib.sha256(recipe).hexdigest()[:12]
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (built / "ready").exists():
            shutil.rmtree(built, ignore_errors=True)
            built.mkdir()
            try:
                build(built)
            except (subprocess.CalledProcessError, OSError) as fault:
                output = getattr(fault, "stderr", None) or ""
                missing(f"{cache.name} cannot be built: {fault} {output[-2000:]}")
            (built / "ready").touch()
    return built


@contextmanager
def running_process(
    command: Sequence[object],
    *,
    is_alive: Callable[[], bool],
    log: Path,
    **options: object,
) -> Iterator[None]:
    """Run a server, once it answers; it is killed at the end, as nothing of it is kept."""
    with log.open("w") as output:
        process = subprocess.Popen(
            [str(word) for word in command], stdout=output, stderr=output, **options
        )

    def answers() -> bool:
        assert process.poll() is None, log.read_text()
        return is_alive()

    try:
        wait_for(answers, seconds=120)
        yield
    finally:
        process.kill()
        process.wait()


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
        initdb = (*as_owner, programs / "initdb", "-A", "trust", "-U", DATABASE_USER)
        run(*initdb, *encoding, "-D", data, cwd=place)
    control = (*as_owner, programs / "pg_ctl", "-w", "-D", data)
    options = f"-c listen_addresses= -c fsync=off -k {data}"
    run(*control, "-l", data / "log", "-o", options, "start", cwd=place)
    try:
        yield
    finally:
        run(*control, "-m", stop, "stop", cwd=place)


def make_venv(venv: Path, python: str | Path, requirements: Path) -> None:
    """Make an environment of this Python with what the file pins, and nothing else."""
    run(UV, "venv", "-q", "--python", python, venv)
    install_packages(venv, "-r", requirements)


def install_packages(venv: Path, *what: object) -> None:
    """Install packages, compiling nothing: most of their modules are never imported."""
    into = ("--python", venv / "bin/python")
    run(UV, "pip", "install", "-q", "--no-deps", "--no-compile-bytecode", *into, *what)


def run(*command: object, **options: object) -> None:
    words = [str(word) for word in command]
    subprocess.run(words, check=True, capture_output=True, text=True, **options)
