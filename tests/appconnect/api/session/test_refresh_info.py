def test_there_is_nothing_to_read_anew(call):
    assert call("POST", "/user/refreshInfo").json() == {"successful": True}


def test_missing_session_is_named(call):
    assert call("POST", "/user/refreshInfo", jwt="").status_code == 400
