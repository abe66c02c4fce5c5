from datetime import timedelta

import pytest

from appconnect.calls.models import CachedNote
from appconnect.organizations.models import Organization

PATH = "/callLog/cacheNote"


def test_typed_note_is_in_the_record(call, sandbox, make_call, log, now):
    reply = call("POST", PATH, {"sessionId": 4711, "note": "Call *back*"})
    call("POST", PATH, {"sessionId": "4711", "note": "Call back <soon>"})
    assert reply.json() == {"successful": True, "returnMessage": "Note cache saved"}

    log(make_call(extension="101"), at=now)

    [record] = sandbox.call_logs()
    assert record["note"].startswith("- Note: Call back <soon>\n")
    assert "*back*" not in record["note"]


def test_note_is_in_the_record_of_no_colleague(call, sandbox, make_call, log, now):
    call("POST", PATH, {"sessionId": "4711", "note": "Ada was here"})

    log(make_call(extension="102"), at=now)

    [record] = sandbox.call_logs()
    assert "Ada was here" not in record["note"]


def test_note_of_the_last_release_is_in_the_record(
    connected, sandbox, make_call, log, now
):
    CachedNote.keep(connected, "", "4711", "Typed before the update", now=now)

    log(make_call(extension="102"), at=now)

    [record] = sandbox.call_logs()
    assert record["note"].startswith("- Note: Typed before the update\n")


@pytest.mark.parametrize("character", ["x", "\u20ac"])
def test_note_has_at_most_64_kb(call, character):
    fitting = character * (64 * 1024 // len(character.encode()))
    assert call("POST", PATH, {"sessionId": "1", "note": fitting}).status_code == 200

    reply = call("POST", PATH, {"sessionId": "1", "note": fitting + "yy"})

    assert reply.status_code == 400
    assert "note is longer than 64 kB." in reply.json()["error"]
    assert CachedNote.objects.get().note == fitting


def test_person_has_only_so_many_notes(call, connected, now, monkeypatch):
    monkeypatch.setattr(CachedNote, "MAX_PER_PERSON", 3)
    CachedNote.keep(connected, "colleague", "0", "Mine", now=now)

    for number in (1, 2, 3, 4, 5, 5):
        call("POST", PATH, {"sessionId": number, "note": "Ada's"})

    left = CachedNote.objects.values_list("session_id", flat=True)
    assert {"0", "4", "5"} <= set(left)
    assert len(left) <= 4


def test_it_is_kept_for_an_hour_and_for_its_organization(
    call, connected, crm_session, stranger, now
):
    call("POST", PATH, {"sessionId": "4711", "note": "Hello"})

    later = now + timedelta(minutes=61)
    key = crm_session.extension_id, "4711"
    assert CachedNote.find(connected, *key, now=now) == "Hello"
    assert CachedNote.find(connected, *key, now=later) == ""
    assert CachedNote.find(stranger.organization, *key, now=now) == ""


def test_token_is_needed_to_keep_a_note(call, connected):
    assert (
        call("POST", PATH, {"sessionId": "1", "note": "x"}, jwt="").status_code == 400
    )


@pytest.mark.parametrize("body", [None, [], {"note": "x"}, {"sessionId": {}}])
def test_a_note_needs_its_session(call, connected, body):
    reply = call("POST", PATH, body)

    assert reply.status_code == 400
    assert not CachedNote.objects.exists()
    assert Organization.objects.exists()
