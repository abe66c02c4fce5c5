#!/usr/bin/env python
"""Django's command line."""

import os
import sys
from pathlib import Path


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "appconnect.settings")
    if "--sandbox" in sys.argv:
        # The sandbox has keys and databases of its own and never touches yours.
        env_file = Path(__file__).resolve().parent / ".sandbox" / ".env"
        os.environ.setdefault("ENV_FILE", str(env_file))
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
