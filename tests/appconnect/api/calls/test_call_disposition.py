from tests.appconnect.api.calls.test_call_log import body

PATH = "/callDisposition"


def test_no_connector_takes_dispositions(call, sandbox):
    call("POST", "/callLog", body())

    reply = call("PUT", PATH, {"sessionId": "4711", "dispositions": {"a": "b"}})

    assert reply.status_code == 200
    assert reply.json()["successful"] is False
    message = {"message": "Not supported", "messageType": "warning", "ttl": 2000}
    assert reply.json()["returnMessage"] == message


def test_a_call_without_a_record_is_not_found(call):
    reply = call("PUT", PATH, {"sessionId": "none", "dispositions": {}})

    message = {"message": "Cannot find log", "messageType": "warning", "ttl": 3000}
    assert reply.json() == {"successful": False, "returnMessage": message}


def test_ended_session_is_not_found(call, gone):
    reply = call("PUT", PATH, {"sessionId": "4711"}, jwt=gone)

    message = {"message": "Cannot find user", "messageType": "warning", "ttl": 3000}
    assert reply.json() == {"successful": False, "returnMessage": message}


def test_session_is_needed(call):
    assert call("PUT", PATH, {"sessionId": "4711"}, jwt="").status_code == 400
