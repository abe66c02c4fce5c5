"""Who a RingCentral token belongs to is asked of RingCentral once a minute."""

import pytest

from appconnect.organizations.people import identity
from appconnect.organizations.people.identity import identify
from appconnect.ringcentral.errors import RateLimited, TokenRejected


def test_ringcentral_is_asked_once_about_an_admins_token(sandbox):
    token = sandbox.access_token("101")

    extensions = {identify(token).extension_number for _ in range(3)}

    assert extensions == {"101"}
    assert count_questions(sandbox) == 1


def test_ringcentral_is_asked_again_after_a_minute(sandbox, monkeypatch):
    token = sandbox.access_token("101")
    identify(token)
    sandbox.switch(demote="101")
    assert identify(token).is_admin

    monkeypatch.setattr(identity, "LIFETIME_SECONDS", 0)

    assert not identify(token).is_admin


def test_each_token_has_its_own_answer(sandbox):
    identify(sandbox.access_token("101"))

    assert identify(sandbox.access_token("102")).extension_number == "102"


def test_refusals_are_not_remembered(sandbox):
    token = sandbox.access_token("102")
    assert not identify(token).is_admin

    sandbox.switch(promote="102")

    assert identify(token).is_admin
    for _ in range(2):
        with pytest.raises(TokenRejected):
            identify("nonsense")


def test_number_of_remembered_answers_is_limited(sandbox, monkeypatch):
    monkeypatch.setattr(identity, "MAX_TOKENS", 1)
    sandbox.switch(promote="102")
    first, second = sandbox.access_token("101"), sandbox.access_token("102")

    for token in (first, second, second, first):
        identify(token)

    assert count_questions(sandbox) == 3


def test_remembered_answers_do_not_hold_the_token(sandbox):
    token = sandbox.access_token("101")
    identify(token)

    assert token not in repr(identity._answers)


def test_remembered_rate_limit_does_not_hold_the_request(sandbox):
    limit = {"path": "extension/~", "status": 429, "code": "CMN-301"}
    sandbox.switch(replies=[limit | {"retryAfter": "30"}])
    with pytest.raises(RateLimited):
        identify(sandbox.access_token("101"))

    [(_asked_at, answer)] = identity._answers.values()
    assert answer.__traceback__ is None, "its frames have the token"


def count_questions(sandbox) -> int:
    return len(sandbox.asked("extension/~"))
