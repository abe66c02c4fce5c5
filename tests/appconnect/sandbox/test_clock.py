from datetime import timedelta

from appconnect.sandbox.ringcentral.clock import Clock
from tests.support.helpers import wait_for


def test_advance_runs_actions_in_order_at_their_times():
    clock = Clock()
    started = clock.now()
    seen = []
    clock.call_later(3600, lambda: seen.append(("later", clock.now())))
    clock.call_later(60, lambda: seen.append(("sooner", clock.now())))

    clock.advance(7200)

    assert [label for label, _ in seen] == ["sooner", "later"]
    at = dict(seen)
    assert timedelta(seconds=60) <= at["sooner"] - started < timedelta(seconds=120)
    assert at["later"] - started < timedelta(seconds=3660)
    assert clock.now() - started >= timedelta(seconds=7200)


def test_clock_runs_with_real_time():
    clock = Clock()
    seen = []

    clock.call_later(0.05, lambda: seen.append("x"))

    wait_for(lambda: seen == ["x"])


def test_failing_action_does_not_stop_the_clock():
    clock = Clock()
    seen = []
    clock.call_later(1, lambda: 1 / 0)
    clock.call_later(2, lambda: seen.append("x"))

    clock.advance(5)

    assert seen == ["x"]


def test_action_may_schedule_another():
    clock = Clock()
    seen = []
    clock.call_later(1, lambda: clock.call_later(1, lambda: seen.append("x")))

    clock.advance(5)

    assert seen == ["x"]


def test_clear_drops_scheduled_actions():
    clock = Clock()
    seen = []
    clock.call_later(1, lambda: seen.append("x"))

    clock.clear()
    clock.advance(5)

    assert seen == []
