"""Every text of the pages goes through gettext: in a made-up language no plain English is left."""

import re
from gettext import NullTranslations
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import available_timezones

import pytest
from django.urls import reverse
from django.utils import translation
from django.utils.translation import trans_real

import appconnect
from appconnect.console.shell.navigation import MENU
from appconnect.monitoring.status.system_status import advice_for_deployment
from appconnect.organizations.logging_settings.locality import countries
from appconnect.organizations.models import CrmUser, Extension, Organization
from connector.registry import CONNECTORS, get_platform

ROOT = Path(appconnect.__file__).parent
PAGES = (
    *(page.name for _group, pages in MENU for page in pages),
    *("set-up", "dry-run", "sessions"),
)
OPEN, CLOSE = "⟦", "⟧"
MARKED = re.compile(rf"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")
DATA = (Organization, Extension, CrmUser)
PROPER = {"RingCentral", "ada", "Iris", "Ito", "Accepted", "SQLite", "PST", "PDT"}
READ_ATTRIBUTES = {"alt", "aria-label", "placeholder", "title"}


class MadeUpLanguage(NullTranslations):
    """Every message between brackets."""

    def gettext(self, message: str) -> str:
        return f"{OPEN}{message}{CLOSE}"

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        return self.gettext(singular if count == 1 else plural)

    def pgettext(self, context: str, message: str) -> str:
        return self.gettext(message)

    def language(self) -> str:
        return "en-xa"

    to_language = language


class Texts(HTMLParser):
    """Collects what a reader is told, element by element."""

    def __init__(self):
        super().__init__()
        self.texts: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag, attributes):
        self.silent += tag in ("script", "style", "code", "pre")
        self.texts += [
            value for name, value in attributes if name in READ_ATTRIBUTES and value
        ]

    def handle_endtag(self, tag):
        self.silent -= tag in ("script", "style", "code", "pre")

    def handle_data(self, data):
        if not self.silent:
            self.texts.append(data)


@pytest.fixture
def plain_english(console, monkeypatch, settings):
    """Return a function that returns the words of a page that are in no message."""
    settings.PAGE_MIDDLEWARE = [
        path for path in settings.PAGE_MIDDLEWARE if "locale" not in path
    ]
    monkeypatch.setitem(trans_real._translations, "en-xa", MadeUpLanguage())

    def plain_english(path: str, *, status: int = 200) -> set[str]:
        with translation.override("en-xa"):
            reply = console.get(path)
        assert reply.status_code == status
        reader = Texts()
        reader.feed(reply.content.decode())
        text = "\n".join(reader.texts)
        while text != (text := MARKED.sub("", text)):
            pass
        return set(re.findall(r"[^\W\d_]{3,}", text)) - known_words()

    return plain_english


def known_words() -> set[str]:
    """Return the words of the stored data, of the manifest, of proper names and of Django."""
    data = [
        name for model in DATA for row in model.objects.all() for name in texts_of(row)
    ]
    data += [str(get_platform(platform)) for platform in CONNECTORS]
    data += sorted(available_timezones())
    data += [name for _code, name in countries()]
    data += advice_for_deployment()
    return set(re.findall(r"[^\W\d_]{3,}", " ".join(data))) | PROPER


def texts_of(row) -> list[str]:
    return [str(value) for value in vars(row).values() if isinstance(value, str)]


@pytest.mark.parametrize("name", PAGES)
def test_every_text_of_a_page_can_be_translated(
    plain_english, logging_settings, make_call, name
):
    make_call()

    assert plain_english(reverse(f"console:{name}")) == set()


def test_texts_of_call_and_mapping_can_be_translated(
    plain_english, logging_settings, organization, make_call
):
    call = make_call()
    mapping = organization.user_mappings.first()

    assert plain_english(call.get_absolute_url()) == set()
    assert plain_english(f"/user-mapping/{mapping.pk}/") == set()


def test_timeline_of_a_call_is_translated(
    plain_english, connected, make_call, log, now
):
    call = log(make_call(), at=now)
    steps = set(call.timeline.values_list("step", flat=True))
    assert {"ELIGIBLE", "CREDENTIALS", "RESERVED", "LOGGED"} <= steps

    assert plain_english(call.get_absolute_url()) == set()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/user-mapping/match/", 200),
        ("/user-mapping/import/", 200),
        ("/calls/try-again/?all=1", 200),
        ("/confirm-sign-in/", 200),
        ("/no-such-page/", 404),
    ],
)
def test_texts_of_pages_outside_the_menu_can_be_translated(
    plain_english, connected, path, status
):
    assert plain_english(path, status=status) == set()


def test_texts_of_sign_in_page_can_be_translated(plain_english, console):
    console.logout()

    assert plain_english("/accounts/login/") == set()
