"""Measure, print a table and write the figures as JSON.

    uv run python -m tests.long_runs.benchmarks [notifications] [journey] [calls] [neighbor] [drain]
        [console] [million_calls] [api] [--database-url postgres://…] [--output benchmarks.json]
        [--scale 0.01] [--stored-calls 1000000]

`--scale 0.01` only shows that they run. `--stored-calls` is how many calls the database holds
in the second part of `api` (20,000 unless given) and in `million_calls`; a million takes
three minutes to store. Everything runs on this machine: the program, the sandbox that it talks to, and whoever
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
    parser.add_argument("names", nargs="*", default="all", choices=[*NAMES, "all"])
    parser.add_argument("--database-url", default=os.environ.get("DATABASE_URL", ""))
    parser.add_argument("--output", type=Path, default=Path("benchmarks.json"))
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--stored-calls", type=int)
    options = parser.parse_args()
    url = options.database_url
    servers = dict.fromkeys(("DATABASE_URL", "QUEUE_URL"), url) if url else {}
    with running_sandbox(threads=128) as sandbox:
        choose_environment(sandbox, **servers)

        import django

        django.setup()
        from tests.long_runs.benchmarks.figures import Sizes

        sizes = Sizes(options.scale, options.stored_calls)
        figures = {
            "machine": f"{platform.platform()}, {os.cpu_count()} cores",
            "database": "PostgreSQL" if url else "SQLite",
        }
        for name in NAMES if "all" in options.names else options.names:
            module = importlib.import_module(f"tests.long_runs.benchmarks.{name}")
            figures[name] = rows = module.run(sandbox, sizes)
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
