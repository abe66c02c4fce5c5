import pytest

PATH = "/messageLog"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"logInfo": {"messages": []}, "contactId": "c1"}, "No message to log."),
        ({"logInfo": {}}, "No message to log."),
        ({}, "No message to log."),
        ({"logInfo": {"messages": [{"id": 1}]}, "contactId": "c1"}, "Not supported"),
    ],
)
def test_no_message_is_logged(call, body, message):
    reply = call("POST", PATH, body)

    assert reply.status_code == 200
    assert reply.json()["successful"] is False
    assert reply.json()["logIds"] == []
    assert reply.json()["returnMessage"]["message"] == message


def test_session_is_needed(call):
    assert call("POST", PATH, {}, jwt="").status_code == 400
