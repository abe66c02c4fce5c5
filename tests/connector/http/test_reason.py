"""The CRM's own reason: where it is found, and what is taken out of it."""

import re

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from connector.errors import (
    MAX_RAW_REASON_LENGTH,
    MAX_REASON_LENGTH,
    ConnectorError,
    InvalidSettings,
    RateLimited,
    clean_reason,
)
from connector.http.reason import reason_in
from connector.registry import get_connector_class
from connector.testing import CannedReplies
from connector.types import Credentials, SignInKeeper


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a &amp;amp;lt;b&amp;amp;gt;tag", "a tag"),
        ("Owner is inactive.", "Owner is inactive."),
        ("Existing ID: 37", "Existing ID: 37"),
        ("At most 4,000 characters, not 6123", "At most 4,000 characters, not 6123"),
        ("+1 (650) 555-0100 is taken", "… is taken"),
        ("tel:6505550100x12 is taken", "tel:…x12 is taken"),
        ("６５０５５５０１００ and ٠١٢٣٤٥٦٧", "… and …"),
        ("Ask ada@example.com, see https://crm.example/?k=1", "Ask …, see …"),
        ('"apiKey": "abc123"', '"apiKey": "…"'),
        ("password=hunter22 is wrong", "password=… is wrong"),
        ("Token: expired", "Token: expired"),
        ("Bearer abc is wrong", "Bearer … is wrong"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIi is wrong", "… is wrong"),
        ("<b>Bad</b> <script src=x>owner", "Bad owner"),
        ("&lt;img onerror=x&gt; Tom &amp; Ann", "Tom & Ann"),
        ("1@2@3 and 11111::  1", "… and …"),
        ("two\nlines\x00 \u202eand a turn", "two lines and a turn"),
        ("", ""),
    ],
)
def test_reason_is_cleaned(text, cleaned):
    assert clean_reason(text) == cleaned
    assert clean_reason(cleaned) == cleaned


def test_reason_is_bounded_however_long_the_answer_is():
    for text in ("word " * 100_000, "a1" * 100_000, "<" * 100_000, "1-" * 100_000):
        assert len(clean_reason(text)) <= MAX_REASON_LENGTH


@given(
    st.text(st.sampled_from("a1 2-345678(9+.@<>/&;=…k\n\u202eé٣:ey"), max_size=300)
    | st.text(max_size=300)
)
def test_no_number_survives_and_cleaning_twice_changes_nothing(text):
    cleaned = clean_reason(text)

    assert clean_reason(cleaned) == cleaned
    assert not re.search(r"\d{6}|<[^<>]*>|[\x00-\x1f\u202e]", cleaned)


@pytest.mark.parametrize("length", [MAX_REASON_LENGTH, MAX_RAW_REASON_LENGTH])
def test_reason_never_ends_within_a_word(length):
    secret = "hunter-of-words"
    for before in range(length - 20, length):
        shown = clean_reason(f"{'é ' * (before // 2)}{secret} and more" + " on" * 99)
        assert "hunter" not in shown or secret in shown

    assert clean_reason("あ" * 2000).startswith("あ" * (MAX_REASON_LENGTH - 1))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"message": "No such owner."}, "No such owner."),
        ({"success": False, "error": "No such owner."}, "No such owner."),
        ({"error": {"code": 7, "message": "No such owner."}}, "No such owner."),
        ({"errors": [{"message": "No such owner."}]}, "No such owner."),
        ({"error": "", "errorMessage": "No such owner."}, "No such owner."),
        ({"errors": ["No such owner."]}, "No such owner."),
        ({"status": 422, "title": "Bad", "detail": "No such owner."}, "No such owner."),
        ({"errors": {"phone": ["is no number"]}}, "phone: is no number"),
        ({"errors": {"owner": "is not active"}}, "owner: is not active"),
        ({"errors": {"name": "Ada", "lines": []}}, ""),
        ({"name": "Ada", "phone": "+16505550100"}, ""),
        ("No such owner.", ""),
        (None, ""),
        ([[[[[["deep"]]]]]], ""),
    ],
)
def test_reason_is_found_in_the_body(body, reason):
    assert reason_in(body) == reason


def test_every_error_can_carry_a_reason():
    errors = (
        ConnectorError("Refused.", reason="<i>Why</i>"),
        RateLimited("Refused.", retry_after=1, reason="<i>Why</i>"),
        InvalidSettings("Refused.", const="url", reason="<i>Why</i>"),
    )

    for error in errors:
        assert str(error) == "Refused."
        assert error.full_message == "Refused. It says: “Why”"
    assert ConnectorError("Refused.").full_message == "Refused."


@pytest.fixture
def pipedrive():
    """A function: reply → a Pipedrive connector that gets it."""
    sessions = []

    def connect(*reply):
        session = requests.Session()
        session.mount("https://", CannedReplies(reply))
        sessions.append(session)
        signed_in = {"access_token": "abcd", "api_domain": "https://a.pipedrive.com"}
        return get_connector_class("pipedrive")(
            Credentials(hostname="a.pipedrive.com"),
            session=session,
            sign_in_keeper=SignInKeeper(signed_in),
        )

    yield connect
    for session in sessions:
        session.close()


def test_refusal_names_the_crm_and_its_reason(pipedrive):
    crm = pipedrive(422, {"success": False, "error": "User 7 is not active"})

    with pytest.raises(ConnectorError) as caught:
        crm.request("POST", "/api/v2/activities", json={}, creates=True)

    assert caught.value.full_message == (
        "Pipedrive answered HTTP 422: the request was refused. "
        "It says: “User 7 is not active”"
    )


def test_reason_repeats_neither_a_token_nor_a_text_of_the_request(pipedrive):
    crm = pipedrive(422, {"error": "“Walt Wrong” (abcd): Call me back is refused"})

    with pytest.raises(ConnectorError) as caught:
        crm.request(
            "POST",
            "/x",
            json={"who": ["Walt Wrong"], "note": "Call me back", "t": "is"},
        )

    assert caught.value.reason == "“…” (…): … is refused"


def test_reason_of_a_reply_that_is_not_json_is_empty(pipedrive):
    crm = pipedrive(502, "<html><title>Bad gateway</title></html>")

    with pytest.raises(ConnectorError) as caught:
        crm.request("GET", "/x")

    assert caught.value.reason == ""
