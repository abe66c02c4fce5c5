"""XT-10: whoever only reads changes nothing, on no page and at no endpoint."""

import pytest

from appconnect.api import urls as api
from appconnect.console import urls as console
from tests.security.rows import fill
from tests.support.walk import path_of, tables

READING = ("get", "head", "options")
WRITTEN_BY_READING = {
    "organizations_session": "a page may say something once, and a sign-in may end",
    "organizations_attempts": "how often an address has asked is counted",
    "organizations_crmsignin": "who asks the CRM signs in there, once for all",
}
"""Tables that reading may write to, and why."""


@pytest.fixture
def stored(organization, logging_settings, member, ids, make_call):
    fill(organization, make_call, lambda name: name)
    return organization


def rows() -> dict[str, list]:
    return {n: rows for n, rows in tables().items() if n not in WRITTEN_BY_READING}


@pytest.mark.parametrize("pattern", console.urlpatterns, ids=lambda p: p.name)
def test_a_page_that_is_read_changes_nothing(console, stored, ids, pattern):
    before = rows()

    for method in READING:
        getattr(console, method)(path_of(pattern, ids))

    assert rows() == before


@pytest.mark.parametrize("pattern", api.urlpatterns, ids=lambda p: p.name)
def test_an_endpoint_that_is_read_changes_nothing(ask, stored, ids, pattern):
    ask(stored, "get", "/implementedInterfaces")  # makes the session
    before = rows()

    for method in READING:
        ask(stored, method, path_of(pattern, ids))

    assert rows() == before
