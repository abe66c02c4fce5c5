from tests.appconnect.api.calls.test_call_log import body

PATH = "/callDisposition"


def test_no_connector_takes_dispositions(call, sandbox):
    call("POST", "/callLog", body())

    reply = call("PUT", PATH, {"sessionId": "4711", "dispositions": {"a": "b"}})

    assert reply.status_code == 200
    assert reply.json()["successful"] is False
    said = {"message": "Not supported", "messageType": "warning", "ttl": 2000}
    assert reply.json()["returnMessage"] == said


def test_a_call_without_a_record_is_not_found(call):
    reply = call("PUT", PATH, {"sessionId": "none", "dispositions": {}})

    said = {"message": "Cannot find log", "messageType": "warning", "ttl": 3000}
    assert reply.json() == {"successful": False, "returnMessage": said}


def test_who_is_gone_is_not_found(call, gone):
    reply = call("PUT", PATH, {"sessionId": "4711"}, jwt=gone)

    said = {"message": "Cannot find user", "messageType": "warning", "ttl": 3000}
    assert reply.json() == {"successful": False, "returnMessage": said}


def test_nobody_without_a_session_asks(call):
    assert call("PUT", PATH, {"sessionId": "4711"}, jwt="").status_code == 400
