from datetime import timedelta

from appconnect.sandbox.ringcentral.clock import Clock
from tests.support.helpers import wait_for


def test_time_passes_at_once_and_in_order():
    clock = Clock()
    started = clock.now()
    seen = []
    clock.call_later(3600, lambda: seen.append(("later", clock.now())))
    clock.call_later(60, lambda: seen.append(("sooner", clock.now())))

    clock.advance(7200)

    assert [what for what, _ in seen] == ["sooner", "later"]
    at = dict(seen)
    assert timedelta(seconds=60) <= at["sooner"] - started < timedelta(seconds=120)
    assert at["later"] - started < timedelta(seconds=3660)
    assert clock.now() - started >= timedelta(seconds=7200)


def test_it_runs_with_real_time():
    clock = Clock()
    seen = []

    clock.call_later(0.05, lambda: seen.append("x"))

    wait_for(lambda: seen == ["x"])


def test_an_action_that_fails_does_not_stop_the_clock():
    clock = Clock()
    seen = []
    clock.call_later(1, lambda: 1 / 0)
    clock.call_later(2, lambda: seen.append("x"))

    clock.advance(5)

    assert seen == ["x"]


def test_an_action_may_ask_for_another():
    clock = Clock()
    seen = []
    clock.call_later(1, lambda: clock.call_later(1, lambda: seen.append("x")))

    clock.advance(5)

    assert seen == ["x"]


def test_cleared_it_forgets():
    clock = Clock()
    seen = []
    clock.call_later(1, lambda: seen.append("x"))

    clock.clear()
    clock.advance(5)

    assert seen == []
