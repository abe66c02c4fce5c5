import json
from datetime import UTC, datetime

import pytest

from appconnect.ringcentral.notifications import parse_notification
from tests.support.helpers import ROOT

CAPTURED = ROOT / "tests/support/data/ringcentral/call-control-js"


def captured(name: str) -> dict:
    return json.loads((CAPTURED / f"telephonySession{name}Message.json").read_text())


def test_setup_notification_has_its_party():
    [change] = parse_notification(captured("OutboundSetup")).changes

    assert change.telephony_session_id == "s-bb843f9bc3bd4366a83f9e953f2c9c58"
    assert change.party_id == "p-bb843f9bc3bd4366a83f9e953f2c9c58-1"
    assert change.extension_id == "170848004"
    assert (change.sequence, change.status) == (2, "setup")
    assert change.event_time == datetime(2019, 9, 5, 7, 18, 54, 344000, tzinfo=UTC)
    assert not change.has_ended


def test_outside_party_has_no_extension():
    [change] = parse_notification(captured("InboundProceeding")).changes

    assert change.extension_id == ""


def test_disconnected_party_has_ended():
    [change] = parse_notification(captured("OutboundDisconnected")).changes

    assert change.has_ended


@pytest.mark.parametrize("spelling", ["Gone", "GONE", "disconnected"])
def test_the_spelling_of_a_status_does_not_matter(spelling):
    payload = captured("OutboundSetup")
    payload["body"]["parties"][0]["status"]["code"] = spelling

    assert parse_notification(payload).changes[0].has_ended


def test_a_query_string_in_the_event_does_not_matter():
    payload = captured("OutboundSetup")
    payload["event"] += "?statusCode=Setup"

    assert parse_notification(payload).changes


def test_other_event_has_no_changes():
    payload = captured("OutboundSetup") | {"event": "/restapi/v1.0/account/1/presence"}

    assert parse_notification(payload).changes == ()


@pytest.mark.parametrize("origin", ["GreetingsRecording", "VerificationCall"])
def test_system_calls_are_ignored(origin):
    payload = captured("OutboundSetup")
    payload["body"]["origin"]["type"] = origin

    assert parse_notification(payload).changes == ()


def broken(path: list, value: object) -> dict:
    payload = captured("OutboundSetup")
    place = payload
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return payload


PARTY = ["body", "parties", 0]


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        *((odd, "event") for odd in (None, [], "text", {}, broken(["event"], 3))),
        ({"event": "/x/telephony/sessions", "subscriptionId": "s"}, "body"),
        (broken(["body"], 3), "body"),
        (broken(["body", "parties"], "text"), "parties"),
        (broken(["body", "parties"], []), "parties"),
        *(
            (broken(["body", "sequence"], odd), "sequence")
            for odd in (None, "ten", -1, 10**100, float("inf"))
        ),
        *(
            (broken(["body", "eventTime"], odd), "eventTime")
            for odd in (
                *(None, "2019-09-05T07:18:54", "yesterday"),
                *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"),
            )
        ),
        *(
            (broken(["body", "telephonySessionId"], odd), "telephonySessionId")
            for odd in ("", "\ud800", "s" * 201)
        ),
        (broken([*PARTY], "party"), "status"),
        (broken([*PARTY, "id"], "p\x00"), "id"),
        *(
            (broken([*PARTY, "status"], odd), "status")
            for odd in (None, {}, {"code": 7}, {"code": "Setup", "reason": 7})
        ),
        (broken([*PARTY, "extensionId"], "1" * 41), "extensionId"),
        (broken([*PARTY, "extensionId"], {"a": 1}), "extensionId"),
    ],
)
def test_an_odd_field_is_named_and_its_party_left_out(payload, field):
    notification = parse_notification(payload)

    assert notification.unreadable == field
    assert notification.changes == ()


def test_an_odd_party_takes_no_other_with_it():
    payload = captured("OutboundSetup")
    payload["body"]["parties"].insert(0, {"id": "p-1"})

    notification = parse_notification(payload)

    assert len(notification.changes) == 1
    assert notification.unreadable == "status"


@pytest.mark.parametrize("origin", [None, "Call", {}, []])
def test_an_odd_origin_does_not_matter(origin):
    assert parse_notification(broken(["body", "origin"], origin)).changes


@pytest.mark.parametrize("service", ["pn_apns", "pn_gcm"])
def test_a_notification_wrapped_for_a_phone_is_read(service):
    plain = captured("OutboundSetup")
    wrapped = {service: {"aps": {"content-available": 1}, **plain}}

    assert parse_notification(wrapped) == parse_notification(plain)


@pytest.mark.parametrize("reason", ["Moon\0shine\ud800", "Moonshine", None])
def test_reason_loses_characters_that_no_database_stores(reason):
    payload = captured("OutboundDisconnected")
    payload["body"]["parties"][0]["status"]["reason"] = reason

    assert parse_notification(payload).changes[0].reason in ("Moonshine", "")
