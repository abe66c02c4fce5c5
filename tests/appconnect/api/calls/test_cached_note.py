from datetime import timedelta

import pytest

from appconnect.calls.models import CachedNote
from appconnect.organizations.models import Organization

PATH = "/callLog/cacheNote"


def test_typed_note_is_in_the_record(call, sandbox, make_call, log, now):
    reply = call("POST", PATH, {"sessionId": 4711, "note": "Call *back*"})
    call("POST", PATH, {"sessionId": "4711", "note": "Call back <soon>"})
    assert reply.json() == {"successful": True, "returnMessage": "Note cache saved"}

    log(make_call(), at=now)

    [record] = sandbox.call_logs()
    assert record["note"].startswith("- Note: Call back <soon>\n")
    assert "*back*" not in record["note"]


def test_it_is_kept_for_an_hour_and_for_its_organization(
    call, connected, stranger, now
):
    call("POST", PATH, {"sessionId": "4711", "note": "Hello"})

    later = now + timedelta(minutes=61)
    assert CachedNote.find(connected, "4711", now=now) == "Hello"
    assert CachedNote.find(connected, "4711", now=later) == ""
    assert CachedNote.find(stranger.organization, "4711", now=now) == ""


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
