#!/usr/bin/env python
"""Django's command line."""

import os
import sys
from pathlib import Path

from appconnect.keys import make_missing_keys

HERE = Path(__file__).resolve().parent
YOURS = (
    *("SECRET_KEY", "ENCRYPTION_KEYS", "DATA_DIR", "DATABASE_URL", "QUEUE_URL"),
    "EMAIL_URL",
)
"""What a sandbox takes from its own folder only: it begins afresh each time it starts."""


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "appconnect.settings")
    if sys.argv[1:2] == ["start"]:
        prepare_start()
    elif sys.argv[1:2] == ["check_connector"]:
        prepare_check()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


def prepare_start() -> None:
    """Make the keys of a first start; the sandbox has its own, and never touches yours."""
    if "--sandbox" in sys.argv:
        for name in YOURS:
            os.environ.pop(name, None)
        folder = Path(os.environ.get("SANDBOX_DIR", HERE / ".sandbox"))
        os.environ["ENV_FILE"] = str(folder / ".env")
    env_file = os.environ.setdefault("ENV_FILE", str(HERE / ".env"))
    if made := make_missing_keys(Path(env_file)):
        sys.stdout.write(
            f"Made {' and '.join(made)} in {env_file}. "
            "Keep a copy: what is stored cannot be read without them.\n"
        )


def prepare_check() -> None:
    """Ask a CRM's author for no keys: nothing is stored, signed or decrypted."""
    os.environ.setdefault("SECRET_KEY", "of no use, as nothing is signed with it")
    os.environ.setdefault("ENCRYPTION_KEYS", f"none={'00' * 32}")


if __name__ == "__main__":
    main()
