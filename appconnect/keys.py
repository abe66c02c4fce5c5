"""Files that only the owner may read: the keys of a first start, and the databases."""

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path


def make_missing_keys(env_file: Path) -> list[str]:
    """Add the keys that neither the environment nor `env_file` has; return their names."""
    content = env_file.read_text() if env_file.exists() else ""
    keys = {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ENCRYPTION_KEYS": f"k1={secrets.token_hex(32)}",
    }
    missing = [
        name
        for name in keys
        if name not in os.environ
        and not re.search(rf"^{name}=.", content, re.MULTILINE)
    ]
    if missing:
        env_file.parent.mkdir(parents=True, exist_ok=True)
        with open(env_file, "a", opener=private) as file:
            os.chmod(env_file, 0o600)
            if content and not content.endswith("\n"):
                file.write("\n")
            file.writelines(f"{name}={keys[name]}\n" for name in missing)
    return missing


def private(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)


def make_private(database: str) -> None:
    """Create an SQLite file that only the owner may read, or take others' rights away."""
    if database.startswith((":memory:", "file:")):
        return
    with suppress(OSError):  # no such folder, or another user's: SQLite reports it
        os.close(private(database, os.O_CREAT | os.O_RDONLY))
        for path in (database, f"{database}-wal", f"{database}-shm"):
            if os.path.exists(path):
                os.chmod(path, 0o600)
