"""How the sandbox's tokens live and die: as RingCentral's do (ringcentral.md 1.3)."""

from datetime import timedelta

import pytest

from appconnect.sandbox.ringcentral.sign_in import SignInRefused, SignIns, TokenRefused


class StoppedClock:
    """A clock that goes when it is told to."""

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


def test_a_refresh_ends_the_old_access_token_at_once(sign_ins):
    session = sign_ins.begin("101")
    old = session.access_token

    sign_ins.refresh(session.refresh_token)

    with pytest.raises(TokenRefused):
        sign_ins.owner_of(old)
    assert sign_ins.owner_of(session.access_token) == "101"


@pytest.mark.parametrize(
    ("is_used", "wait", "is_good"),
    [
        (False, {"minutes": 59}, True),
        (False, {"minutes": 61}, False),
        (True, {"seconds": 9}, True),
        (True, {"seconds": 11}, False),
    ],
)
def test_a_refresh_token_works_again_within_its_grace(
    sign_ins, clock, is_used, wait, is_good
):
    session = sign_ins.begin("101")
    old = session.refresh_token
    given = sign_ins.refresh(old).access_token
    if is_used:
        sign_ins.owner_of(given)
    clock.advance(**wait)

    if is_good:
        assert sign_ins.refresh(old).access_token == given
    else:
        with pytest.raises(SignInRefused):
            sign_ins.refresh(old)


def test_an_unused_sign_in_ends_after_a_week(sign_ins, clock):
    session = sign_ins.begin("101")
    clock.advance(days=7, seconds=1)

    with pytest.raises(SignInRefused):
        sign_ins.refresh(session.refresh_token)


def test_of_six_sign_ins_the_oldest_ends(sign_ins):
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
def test_a_code_is_good_for_whom_it_was_made(sign_ins, redeemed, code):
    made = sign_ins.make_code("101", redirect_uri="https://here/", challenge="x")

    with pytest.raises(SignInRefused) as caught:
        sign_ins.redeem(
            made, **{"redirect_uri": "https://here/", "verifier": "", **redeemed}
        )

    assert caught.value.code == code


def test_a_code_lives_for_a_minute_and_is_used_once(sign_ins, clock):
    def make() -> str:
        return sign_ins.make_code("101", redirect_uri="u", challenge="")

    code, late = make(), make()
    sign_ins.redeem(code, redirect_uri="u", verifier="")
    with pytest.raises(SignInRefused):
        sign_ins.redeem(code, redirect_uri="u", verifier="")
    clock.advance(seconds=61)
    with pytest.raises(SignInRefused):
        sign_ins.redeem(late, redirect_uri="u", verifier="")
