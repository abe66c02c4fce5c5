"""The sandbox's tokens expire and rotate as RingCentral's do."""

from datetime import timedelta

import pytest
import requests

from appconnect.sandbox.ringcentral.sign_in import SignInRefused, SignIns, TokenRefused


class StoppedClock:
    """A clock that moves only by `advance`."""

    def __init__(self, now):
        self._now = now

    def now(self):
        return self._now

    def advance(self, **time):
        self._now += timedelta(**time)


@pytest.fixture
def clock(now) -> StoppedClock:
    return StoppedClock(now)


@pytest.fixture
def sign_ins(clock) -> SignIns:
    return SignIns(clock)


def test_refresh_ends_the_old_access_token_at_once(sign_ins):
    session = sign_ins.begin("101")
    old = session.access_token

    sign_ins.refresh(session.refresh_token)

    with pytest.raises(TokenRefused):
        sign_ins.owner_of(old)
    assert sign_ins.owner_of(session.access_token) == "101"


@pytest.mark.parametrize(
    ("is_used", "wait", "is_accepted"),
    [
        (False, {"minutes": 59}, True),
        (False, {"minutes": 61}, False),
        (True, {"seconds": 9}, True),
        (True, {"seconds": 11}, False),
    ],
)
def test_refresh_token_works_again_within_its_grace_period(
    sign_ins, clock, is_used, wait, is_accepted
):
    session = sign_ins.begin("101")
    old = session.refresh_token
    access_token = sign_ins.refresh(old).access_token
    if is_used:
        sign_ins.owner_of(access_token)
    clock.advance(**wait)

    if is_accepted:
        assert sign_ins.refresh(old).access_token == access_token
    else:
        with pytest.raises(SignInRefused):
            sign_ins.refresh(old)


def test_unused_sign_in_ends_after_a_week(sign_ins, clock):
    session = sign_ins.begin("101")
    clock.advance(days=7, seconds=1)

    with pytest.raises(SignInRefused):
        sign_ins.refresh(session.refresh_token)


def test_sixth_sign_in_ends_the_oldest(sign_ins):
    first, *others = [sign_ins.begin("101") for _ in range(6)]

    with pytest.raises(TokenRefused):
        sign_ins.owner_of(first.access_token)
    assert {sign_ins.owner_of(session.access_token) for session in others} == {"101"}


@pytest.mark.parametrize(
    ("redeemed", "code"),
    [
        ({"redirect_uri": "https://elsewhere/"}, "OAU-109"),
        ({"verifier": "another"}, "OAU-106"),
    ],
)
def test_code_is_bound_to_redirect_uri_and_verifier(sign_ins, redeemed, code):
    code_value = sign_ins.make_code("101", redirect_uri="https://here/", challenge="x")

    with pytest.raises(SignInRefused) as caught:
        sign_ins.redeem(
            code_value, **{"redirect_uri": "https://here/", "verifier": "", **redeemed}
        )

    assert caught.value.code == code


def test_code_expires_after_a_minute_and_works_once(sign_ins, clock):
    def make() -> str:
        return sign_ins.make_code("101", redirect_uri="u", challenge="")

    code, late = make(), make()
    sign_ins.redeem(code, redirect_uri="u", verifier="")
    with pytest.raises(SignInRefused):
        sign_ins.redeem(code, redirect_uri="u", verifier="")
    clock.advance(seconds=61)
    with pytest.raises(SignInRefused):
        sign_ins.redeem(late, redirect_uri="u", verifier="")


def test_a_form_in_another_charset_is_refused(sandbox):
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-7",
        "Cookie": f"csrftoken={'a' * 32}",
    }

    for path in ("/", "/restapi/oauth/authorize"):
        reply = requests.post(sandbox.url + path, "a=b", headers=headers, timeout=20)
        assert reply.status_code == 400, path
