"""Run functions in threads that begin together, as they would in a web server."""

import threading
from collections.abc import Callable

from django.db import connection


def run_at_once(*functions: Callable[[], object]) -> list[BaseException]:
    """Run each function in a thread of its own; return what they raised."""
    start, failures = threading.Barrier(len(functions)), []

    def run(function: Callable[[], object]) -> None:
        start.wait()
        try:
            function()
        except BaseException as failure:  # noqa: BLE001  the caller judges it
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[f]) for f in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures
