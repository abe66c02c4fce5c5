"""What the tests that walk everything share: every URL, every row, every page."""

from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import Resolver404, URLPattern, resolve

from appconnect.api import urls as api
from appconnect.console import urls as console

MAX_ROWS, MAX_QUERIES = 40, 4
"""So many rows' pages and filters of a list are opened, however many links lead there."""
ON_EVERY_PAGE = ("csrfmiddlewaretoken", "next")
"""Fields that differ where one form is on several pages."""


def patterns(module) -> list[tuple[str, URLPattern]]:
    return [(f"{module.app_name}:{p.name}", p) for p in module.urlpatterns]


def path_of(pattern: URLPattern, ids: dict[str, object]) -> str:
    """Return an address of a pattern; `ids` has one id for each kind, or for its name."""
    path = "/" + str(pattern.pattern)
    for converter, name in (
        ("<uuid:pk>", "call"),
        ("<int:pk>", "mapping"),
        ("<uuid:subscription_key>", "subscription"),
        ("<uuid:channel_pk>", "channel"),
        ("<int:member_pk>", "member"),
        ("<slug:uidb64>", "uidb64"),
        ("<slug:token>", "token"),
    ):
        if converter in path:
            path = path.replace(converter, str(ids.get(pattern.name, ids[name])))
    return path


def pages(ids: dict[str, object]) -> list[str]:
    return [path_of(pattern, ids) for pattern in console.urlpatterns]


def endpoints(ids: dict[str, object]) -> list[str]:
    return [path_of(pattern, ids) for pattern in api.urlpatterns]


def crawl(client: Client, ids: dict[str, object]) -> Iterator[tuple[str, HttpResponse]]:
    """Open every page of the console, and what their links lead to."""
    waiting, seen, opened = [*pages(ids), "/nowhere/"], set(), {}
    while waiting:
        address = waiting.pop(0)
        route = route_of(address)
        most = MAX_QUERIES if "?" in address else MAX_ROWS
        if address in seen or opened.get(route, 0) >= most:
            continue
        seen.add(address)
        opened[route] = opened.get(route, 0) + 1
        response = client.get(address)
        yield address, response
        if is_page(response):
            links = [link for _tag, link in Page(response).links]
            waiting += [
                urldefrag(urljoin(address, link)).url for link in links if is_ours(link)
            ]


def forms_of(
    opened: Iterable[tuple[str, HttpResponse]],
) -> list[tuple[str, dict[str, list[str]]]]:
    """Return the forms of the pages, as address and fields, each form once.

    Those of a page's head and foot are on every page, with another token and another
    page to go back to.
    """
    forms = {}
    for address, response in opened:
        if not is_page(response):
            continue
        for action, fields in Page(response).forms:
            target = urljoin(address, action)
            own = {n: v for n, v in fields.items() if n not in ON_EVERY_PAGE}
            forms.setdefault((target, repr(own)), fields)
    return [(target, fields) for (target, _own), fields in forms.items()]


def is_page(response: HttpResponse) -> bool:
    return "html" in response.headers.get("Content-Type", "")


def route_of(address: str) -> str:
    try:
        return resolve(urlsplit(address).path).route
    except Resolver404:
        return "no page of ours"


def is_ours(link: str) -> bool:
    parts = urlsplit(link)
    return (
        not parts.scheme and not parts.netloc and not parts.path.startswith("/static")
    )


class Page(HTMLParser):
    """A page as a browser would read it."""

    def __init__(self, response: HttpResponse):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.links: list[tuple[str, str]] = []
        self.forms: list[tuple[str, dict[str, list[str]]]] = []
        self.title = self.text = self.scripts = ""
        self._inside = self._select = ""
        self.feed(body_of(response))
        self.close()

    def handle_starttag(self, tag, attrs):
        attributes = {name: value or "" for name, value in attrs}
        self._inside = tag
        if tag == "form":
            self.forms.append((attributes.get("action", ""), {}))
        elif tag == "select":
            self._select = attributes.get("name", "")
        elif tag in ("input", "button", "textarea", "option") and self.forms:
            name = self._select if tag == "option" else attributes.get("name", "")
            fields = self.forms[-1][1]
            fields.setdefault(name, []).append(attributes.get("value", ""))
        self.elements.append((tag, attributes))
        for name in ("href", "src", "action", "formaction", "hx-get", "hx-post"):
            if name in attributes:
                self.links.append((tag, attributes[name]))

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, data):
        self.text += data
        if self._inside == "title":
            self.title += data
        elif self._inside == "script":
            self.scripts += data


def body_of(response: HttpResponse) -> str:
    if response.streaming:
        return b"".join(response.streaming_content).decode()
    return response.content.decode()


def tables() -> dict[str, list[dict[str, object]]]:
    """Return all that the database holds, read past the models."""
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
        return {name: rows_of(cursor, name) for name in sorted(names)}


def rows_of(cursor, table: str) -> list[dict[str, object]]:
    cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608  the database's own names
    columns = [
        column.name if hasattr(column, "name") else column[0]
        for column in cursor.description
    ]
    rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    return sorted(rows, key=repr)
