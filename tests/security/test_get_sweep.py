"""A request that only reads changes nothing, on no page and at no endpoint."""

import pytest

from appconnect.api import urls as api
from appconnect.console import urls as console
from tests.security.rows import fill
from tests.support.walk import path_of, tables

READING = ("get", "head", "options")
WRITTEN_BY_READING = {
    "organizations_session": "a page may say something once, and a sign-in may end",
    "organizations_attempts": "how often an address has asked is counted",
    "calls_contactsearch": "the CRM's answer is kept for some minutes",
    "organizations_crmsignin": "who asks the CRM signs in there, once for all",
}
"""Tables that reading may write to, and why."""
QUERY = (
    "?platform=sandbox&platformName=sandbox&phoneNumber=%2B14155550101&sessionIds=4711"
    "&name=Ben&timeFrom=2026-01-01T00:00:00Z&timeTo=2026-02-01T00:00:00Z"
)
NOT_REACHED = {
    *("oauth-callback", "service-sign-in", "ringcentral-callback"),
    *("preload-settings", "admin-sign-in"),
}
"""They refuse a request that does not come from a sign-in, or without an account's hash."""
ANSWERED = (200, 302, 405)


@pytest.fixture
def stored(organization, logging_settings, member, ids, make_call):
    fill(organization, make_call, lambda name: name)
    return organization


def rows() -> dict[str, list]:
    return {n: rows for n, rows in tables().items() if n not in WRITTEN_BY_READING}


@pytest.mark.parametrize("pattern", console.urlpatterns, ids=lambda p: p.name)
def test_a_page_that_is_read_changes_nothing(console, stored, ids, pattern):
    before = rows()

    replies = [getattr(console, m)(path_of(pattern, ids)) for m in READING]

    assert rows() == before
    assert is_answered(pattern, replies[0])


@pytest.mark.parametrize("pattern", api.urlpatterns, ids=lambda p: p.name)
def test_an_endpoint_that_is_read_changes_nothing(ask, stored, ids, pattern):
    ask(stored, "get", "/implementedInterfaces")  # makes the session
    before = rows()

    replies = [ask(stored, m, path_of(pattern, ids) + QUERY) for m in READING]

    assert rows() == before
    assert is_answered(pattern, replies[0])


def is_answered(pattern, reply) -> bool:
    """Return whether a GET got its answer, or the address has none to give.

    Otherwise nothing would change for no better reason than that nothing was read.
    """
    is_out = pattern.name in NOT_REACHED
    return is_out or reply.status_code in ANSWERED
