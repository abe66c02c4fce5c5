"""The keys of a first start, made before the settings, which have no default for them."""

import os
import re
import secrets
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
