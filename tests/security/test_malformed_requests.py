"""Requests that no browser sends are refused; none is a failure of the program."""

from urllib.parse import urlencode

import pytest
from django.test import Client

from tests.support.helpers import text_of
from tests.support.walk import endpoints, pages

FORM = "application/x-www-form-urlencoded"
LOGIN = "/accounts/login/"
MANY = "&".join(f"f{number}=1" for number in range(1001))
MALFORMED = {
    "referer": {"HTTP_REFERER": "https://[x"},
    "referer without a begin": {"HTTP_REFERER": "https://]"},
    "referer without an end": {"HTTP_REFERER": "http://[::1"},
    "origin": {"HTTP_ORIGIN": "https://[x"},
    "latin form": {"CONTENT_TYPE": f"{FORM}; charset=iso-8859-1"},
    "utf-7 form": {"CONTENT_TYPE": f"{FORM}; charset=utf-7"},
    "utf-16 form": {"CONTENT_TYPE": f"{FORM}; charset=utf-16"},
    "form in no charset": {"CONTENT_TYPE": f"{FORM}; charset=x"},
    "parts without a boundary": {"CONTENT_TYPE": "multipart/form-data"},
    "too many fields": {"data": MANY.encode()},
    "too long a form": {"data": b"a=" + b"%41" * 200_000},
    "too long a query": {"QUERY_STRING": MANY},
    "host": {"HTTP_HOST": "[x"},
}


@pytest.fixture
def browser() -> Client:
    """A browser that has seen the sign-in page, and shows every failure as people see it."""
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    browser.get(LOGIN, secure=True)
    return browser


def send(browser: Client, method: str, path: str, data: bytes = b"a=b", **environ):
    """Send a form as the browser would have, except for what is in `environ`."""
    environ = {
        "HTTP_REFERER": "https://testserver/accounts/login/",
        "CONTENT_TYPE": FORM,
        **environ,
    }
    return browser.generic(method, path, data, secure=True, **environ)


@pytest.mark.parametrize("fault", MALFORMED)
def test_nothing_fails_for_a_stranger(browser, member, ids, fault):
    for path in everything(ids):
        reply = send(browser, "POST", path, **MALFORMED[fault])
        assert reply.status_code != 500, path
        assert b"unexpected error" not in reply.content, path


def test_nothing_fails_for_a_member_who_asks_too_much(browser, member, ids):
    browser.force_login(member.user)

    for path in everything(ids):
        reply = send(browser, "GET", path, **MALFORMED["too long a query"])
        assert reply.status_code != 500, path


def everything(ids) -> list[str]:
    rest = [LOGIN, "/accounts/logout/", "/nowhere/", "/nowhere"]
    return [*pages(ids), *endpoints(ids), *rest]


@pytest.mark.parametrize(
    "fault", ["latin form", "too many fields", "too long a form", "host"]
)
def test_a_form_that_cannot_be_read_is_answered_with_a_page(browser, db, fault):
    reply = send(browser, "POST", LOGIN, **MALFORMED[fault])

    assert reply.status_code == 400
    assert "Nothing changed" in text_of(reply)
    assert "Go to Overview" in text_of(reply)


def test_a_broken_referer_leads_to_the_start(browser, db):
    reply = send(browser, "POST", LOGIN, **MALFORMED["referer"])

    assert reply.status_code == 403
    assert 'href="/">Back to the page' in reply.content.decode()


def test_the_longest_list_that_a_page_takes_is_read(console):
    numbers = "\r\n".join(f"+1415{n:07}" for n in range(7_000))  # 98,000 characters
    form = urlencode({"numbers": numbers})

    assert console.post("/do-not-log/", form, content_type=FORM).status_code == 302
    assert console.post("/do-not-log/", form * 4, content_type=FORM).status_code == 400


def test_an_imported_mapping_of_many_rows_is_no_such_form(console):
    changes = "extension_id,crm_user_id,version\n" * 60_000

    page = console.post("/user-mapping/import/", {"changes": changes})

    assert page.status_code == 200
    assert "Nothing changed" in text_of(page)
