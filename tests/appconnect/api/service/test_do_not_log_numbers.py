"""POST /do-not-log-numbers."""

import pytest
from django.utils import timezone

from appconnect.calls.models.choices import SkipReason
from appconnect.organizations.logging_settings.do_not_log import (
    add_do_not_log_number,
    get_do_not_log_numbers,
)
from connector.types import Party
from tests.support.organization import ADA

PATH = "/do-not-log-numbers"


@pytest.mark.parametrize(
    ("posted", "listed", "not_understood"),
    [
        ("+14155550199,101", ["+14155550199", "101"], []),
        ("+14155550199, 101 ,", ["+14155550199", "101"], []),
        ("(415) 555-0199", ["+14155550199"], []),
        ("+14155550199,+14155550199", ["+14155550199"], []),
        (" 999,+14155550199,call me", ["+14155550199", "999"], ["call me"]),
        (
            "+43 664 1234567 (Ana),+5215512345678",
            ["+5215512345678"],
            ["+43 664 1234567 (Ana)"],
        ),
        ("9999999,٩٩٩", [], ["9999999", "٩٩٩"]),
        ("", [], []),
    ],
)
def test_list_is_replaced_by_its_valid_entries(
    connected, service, posted, listed, not_understood
):
    add_do_not_log_number(connected, "+14155550101", actor=ADA, now=timezone.now())

    reply = service("POST", PATH, {"doNotLogNumbers": posted})

    assert reply.status_code == 200
    assert reply.json() == {
        "doNotLogNumbers": ",".join(listed),
        "notUnderstood": not_understood,
    }
    assert get_do_not_log_numbers(connected) == listed
    assert service("GET", "/subscription").json()["doNotLogNumbers"] == ",".join(listed)
    [entry] = connected.audit_entries.all()
    assert entry.actor == "Ada Admin"
    assert "415" not in str(entry.changes)


def test_an_extension_that_the_directory_does_not_have_yet_is_protected(
    connected, service, make_call, log, now
):
    service("POST", PATH, {"doNotLogNumbers": "999"})
    newcomer = Party(extension_id="800100999", extension_number="999")

    call = log(make_call(outside=newcomer), at=now)

    assert (call.status, call.reason) == ("SKIPPED", SkipReason.DO_NOT_LOG)


def test_the_same_list_again_is_no_change(connected, service):
    for _ in range(2):
        service("POST", PATH, {"doNotLogNumbers": "101"})

    assert connected.audit_entries.count() == 1


@pytest.mark.parametrize("body", [{}, {"doNotLogNumbers": None}, [], b"{"])
def test_without_a_list_nothing_changes(connected, service, body):
    add_do_not_log_number(connected, "101", actor=ADA, now=timezone.now())

    reply = service("POST", PATH, body)

    assert reply.status_code == 400
    assert reply.json()["result"]["message"]
    assert get_do_not_log_numbers(connected) == ["101"]


def test_another_organizations_list_stays(connected, service, stranger):
    add_do_not_log_number(stranger.organization, "101", actor=ADA, now=timezone.now())

    service("POST", PATH, {"doNotLogNumbers": ""})

    assert get_do_not_log_numbers(stranger.organization) == ["101"]
