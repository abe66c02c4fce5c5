"""A CRM that hangs, and clients that ask it: the web server stays there for the others."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from appconnect.calls.client.bulkhead import PLACES
from tests.support.web import running_web

pytestmark = pytest.mark.processes

PROCESSES = 2
CLIENTS = 80
"""More than the server has threads."""
PATHS = (
    "/contact?phoneNumber=+1415555{number:04}",
    "/contact?phoneNumber=+14155550101",
    "/authValidation",
)


def test_a_crm_that_hangs_leaves_threads_for_others(tmp_path, sandbox):
    url = f"sqlite:///{tmp_path}/app.sqlite3"
    with (
        running_web(tmp_path, sandbox, database_url=url) as client,
        ThreadPoolExecutor(CLIENTS) as threads,
    ):

        def ask(number: int) -> dict:
            path = PATHS[number % len(PATHS)].format(number=number)
            return client.ask("GET", path).json()

        sandbox.switch(crmDelaySeconds=5)
        asking = [threads.submit(ask, number) for number in range(CLIENTS)]
        client.ask("GET", "/isAlive")
        at_once = [answer.result() for answer in asking if answer.done()]
        answers = [answer.result() for answer in asking]

    assert not any(answer["successful"] for answer in at_once)
    refused = [a for a in answers if "The CRM answers too slowly." in str(a)]
    assert len(refused) >= CLIENTS - PROCESSES * PLACES
