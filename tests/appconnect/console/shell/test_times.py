"""Every time on a page: the page's zone for people, UTC for machines."""

import re
from datetime import UTC, datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from appconnect.console.shell.navigation import MENU
from appconnect.worker.heartbeat import beat

MOMENT = datetime(2026, 7, 1, 20, 30, tzinfo=UTC)
AT = "Jul 1, 2026, 1:30:00 PM PDT"
PAGES = (
    *(page.name for _group, pages in MENU for page in pages),
    *("set-up", "dry-run", "sessions"),
)
TIME = re.compile(r'<time datetime="([^"]*)"[^>]*>([^<]*)</time>')
NO_MARKUP = re.compile(r"<title>.*?</title>|<[^>]*>", re.S)
BARE = re.compile(r"\d\d \w{3} \d{4}[ T]\d\d:\d\d")


@pytest.fixture
def call(connected, make_call, log):
    """A call that was logged, of an organization in Los Angeles."""
    beat()
    call = log(make_call(), at=timezone.now())
    call.started_at = MOMENT
    call.save()
    return call


def html_of(console, path: str) -> str:
    return console.get(path).content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_no_page_shows_a_time_that_machines_cannot_read(console, call, name):
    page = html_of(console, reverse(f"console:{name}"))

    assert not BARE.findall(NO_MARKUP.sub(" ", TIME.sub(" ", page)))
    assert all(at.endswith("Z") for at, text in TIME.findall(page) if ":" in text)


def test_a_call_tells_when_it_was_in_utc_and_in_the_zone_of_the_page(console, call):
    for path in ("/calls/", call.get_absolute_url()):
        page = html_of(console, path)

        assert f'<time datetime="2026-07-01T20:30:00Z" title="{AT}">' in page


def test_an_owner_s_name_in_the_headline_is_text(console, call):
    call.crm_records.update(owner_name="<b>Ben</b>")

    assert "For &lt;b&gt;Ben&lt;/b&gt;" in html_of(console, call.get_absolute_url())


def test_times_are_in_the_readers_time_zone(console, call, member):
    call.organization.extensions.filter(extension_id=member.extension_id).update(
        time_zone="America/New_York"
    )

    page = html_of(console, "/calls/")

    assert 'title="Jul 1, 2026, 4:30:00 PM EDT"' in page
    assert "Times in America/New_York" in page
    assert AT not in page
