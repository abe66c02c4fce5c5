"""What this server does not have is answered empty, in a shape that the client reads."""

import pytest

GET, POST = "GET", "POST"


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/accountData?keys=teams,queues", {"successful": True, "data": {}}),
        ("/calldown?status=All", {"successful": True, "items": []}),
        ("/releaseNotes", {}),
    ],
)
def test_there_is_nothing_to_list(call, path, answer):
    reply = call(GET, path)

    assert (reply.status_code, reply.json()) == (200, answer)


def test_no_message_is_logged(call):
    body = {"conversationId": "7001", "messageIds": ["9001", 9002, None, [1]]}

    reply = call(POST, "/messageLog/match", body)

    assert reply.status_code == 200
    assert reply.json()["messageLogs"] == {}
    assert reply.json()["logs"] == [
        {"messageId": "9001", "matched": False},
        {"messageId": "9002", "matched": False},
    ]


@pytest.mark.parametrize("body", [None, [], {}, {"messageIds": "9001"}])
def test_match_without_messages_is_empty(call, body):
    assert call(POST, "/messageLog/match", body).json()["logs"] == []


def test_call_to_make_is_refused_with_the_reason(call):
    reply = call(POST, "/calldown", {"contactId": "c1"})

    assert (reply.status_code, reply.json()["successful"]) == (200, False)
    assert "no list of calls to make" in reply.json()["returnMessage"]["message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        (GET, "/accountData"),
        (GET, "/calldown"),
        (POST, "/calldown"),
        (POST, "/messageLog/match"),
    ],
)
def test_session_is_needed(call, gone, method, path):
    assert b"authorize CRM platform" in call(method, path, {}, jwt="").content
    assert call(method, path, {}, jwt=gone).content == b"User not found"


def test_release_notes_need_no_session(client):
    assert client.get("/releaseNotes").status_code == 200
