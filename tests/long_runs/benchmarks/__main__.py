"""Measure, print a table and write the figures as JSON.

    uv run python -m tests.long_runs.benchmarks [notifications] [journey] [calls] [neighbor] [drain]
        [console] [million_calls] [api] [--database-url postgres://…] [--output benchmarks.json]

Everything runs on this machine: the program, the sandbox that it talks to, and whoever
sends and counts. Figures of two runs are comparable only on a machine at rest.
"""

import argparse
import importlib
import json
import os
import platform
from pathlib import Path

from tests.support.program import running_sandbox
from tests.support.workers import choose_environment

NAMES = (
    "notifications",
    "journey",
    "calls",
    "neighbor",
    "drain",
    "console",
    "million_calls",
    "api",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", default=NAMES, choices=NAMES)
    parser.add_argument("--database-url", default=os.environ.get("DATABASE_URL", ""))
    parser.add_argument("--output", type=Path, default=Path("benchmarks.json"))
    options = parser.parse_args()
    url = options.database_url
    servers = dict.fromkeys(("DATABASE_URL", "QUEUE_URL"), url) if url else {}
    with running_sandbox(threads=128) as sandbox:
        choose_environment(sandbox, **servers)

        import django

        django.setup()
        figures = {
            "machine": f"{platform.platform()}, {os.cpu_count()} cores",
            "database": "PostgreSQL" if url else "SQLite",
        }
        for name in options.names:
            module = importlib.import_module(f"tests.long_runs.benchmarks.{name}")
            figures[name] = rows = module.run(sandbox)
            print_table(name, rows)
    options.output.write_text(json.dumps(figures, indent=2))


def print_table(name: str, rows: list[dict]) -> None:
    print(f"\n{name}")
    widths = {key: max(len(key), 9) for key in rows[0]}
    print("  ".join(f"{key:>{width}}" for key, width in widths.items()))
    for row in rows:
        print("  ".join(f"{row[key]!s:>{width}}" for key, width in widths.items()))


if __name__ == "__main__":
    main()
