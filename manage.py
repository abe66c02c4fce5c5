#!/usr/bin/env python
"""Django's command line."""

import os
import signal
import sys
from pathlib import Path

from appconnect.keys import make_missing_keys

ROOT = Path(__file__).resolve().parent
INSTALLATION_VARIABLES = (
    *("SECRET_KEY", "ENCRYPTION_KEYS", "DATA_DIR", "DATABASE_URL", "QUEUE_URL"),
    "EMAIL_URL",
)
"""Variables of a real installation. A sandbox ignores them: it deletes its data at each start."""


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "appconnect.settings")
    is_help = {"-h", "--help"} & set(sys.argv)
    if is_help or sys.argv[1:2] == ["check_connector"]:
        do_without_keys()
    elif sys.argv[1:2] == ["start"]:
        # Until the command listens itself nothing runs that would have to be stopped.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        prepare_start()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


def prepare_start() -> None:
    """Make the keys of a first start; a sandbox has keys, and a folder, of its own."""
    if "--sandbox" in sys.argv:
        for name in INSTALLATION_VARIABLES:
            os.environ.pop(name, None)
        folder = Path(os.environ.get("SANDBOX_DIR", ROOT / ".sandbox"))
        os.environ["ENV_FILE"] = str(folder / ".env")
    env_file = os.environ.setdefault("ENV_FILE", str(ROOT / ".env"))
    if made := make_missing_keys(Path(env_file)):
        sys.stdout.write(
            f"Made {' and '.join(made)} in {env_file}. "
            "Keep a copy: what is stored cannot be read without them.\n"
        )


def do_without_keys() -> None:
    """Set keys that nothing is signed or encrypted with: none are made for a question."""
    os.environ.setdefault("SECRET_KEY", "unused: nothing is signed")
    os.environ.setdefault("ENCRYPTION_KEYS", f"none={'00' * 32}")


if __name__ == "__main__":
    main()
