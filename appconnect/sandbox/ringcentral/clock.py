"""The sandbox's clock: it runs with real time, and can be moved ahead of it."""

import heapq
import itertools
import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

logger = logging.getLogger(__name__)


class Clock:
    """Virtual time and scheduled actions, which run one at a time, in order."""

    def __init__(self):
        self._ahead = timedelta(0)
        self._actions: list[tuple[datetime, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self._is_running = False
        self._changed = threading.Condition()
        threading.Thread(target=self._run, daemon=True, name="clock").start()

    def now(self) -> datetime:
        """Return the virtual instant, in UTC."""
        return datetime.now(UTC) + self._ahead

    def call_later(self, seconds: float, action: Callable[[], None]) -> None:
        """Run `action` when that many virtual seconds have passed."""
        with self._changed:
            at = self.now() + timedelta(seconds=seconds)
            heapq.heappush(self._actions, (at, next(self._count), action))
            self._changed.notify_all()

    def advance(self, seconds: float) -> None:
        """Move ahead by that many seconds, running each action in between at its time."""
        with self._changed:
            target = self.now() + timedelta(seconds=seconds)
            while self._actions and self._actions[0][0] <= target:
                self._move_to(self._actions[0][0])
            self._move_to(target)

    def _move_to(self, instant: datetime) -> None:
        self._ahead += max(timedelta(0), instant - self.now())
        self._changed.notify_all()
        self._changed.wait_for(self._is_idle)

    def clear(self) -> None:
        """Drop the scheduled actions, and go back to real time."""
        with self._changed:
            self._actions.clear()
            self._ahead = timedelta(0)

    def _is_idle(self) -> bool:
        return not self._is_running and not self._is_due()

    def _is_due(self) -> bool:
        return bool(self._actions) and self._actions[0][0] <= self.now()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._is_due():
                    self._changed.wait(self._seconds_to_next())
                _, _, action = heapq.heappop(self._actions)
                self._is_running = True
            try:
                action()
            except Exception:  # an action that fails must not stop the clock
                logger.exception("An action of the sandbox failed")
            with self._changed:
                self._is_running = False
                self._changed.notify_all()

    def _seconds_to_next(self) -> float | None:
        if not self._actions:
            return None
        return max(0.0, (self._actions[0][0] - self.now()).total_seconds())
