"""A person reads the pages in their language; machines and alerts get the server's."""

import re

import pytest
from django.urls import reverse


@pytest.mark.parametrize(
    ("asked", "language"), [("de-AT,de;q=0.9", "de"), ("es", "es"), ("fr", "en")]
)
def test_the_browsers_language_counts_until_one_is_chosen(client, db, asked, language):
    page = client.get("/accounts/login/", headers={"Accept-Language": asked})
    assert f'<html lang="{language}"' in page.text
    assert page.headers["Content-Language"] == language


def test_the_language_chosen_in_the_menu_stays(console):
    chosen = console.post(
        reverse("console:language"), {"language": "de", "next": "/calls/"}
    )
    assert chosen.url == "/calls/"
    page = console.get("/calls/", headers={"Accept-Language": "es"})
    assert '<html lang="de"' in page.text
    assert re.search(r'lang="de"\s+aria-pressed="true"', page.text)


def test_a_machine_is_answered_in_the_servers_language(console, client):
    console.get("/calls/", headers={"Accept-Language": "de"})
    answer = client.get("/contact", {"jwtToken": "x"})
    assert "Content-Language" not in answer.headers
