"""Faults against the sandbox's CRM, which is real HTTP and a real second process."""

from collections.abc import Callable

import pytest
from django.core.cache import cache

from appconnect.calls.models import CallEvent
from appconnect.calls.models.choices import IN_PROGRESS
from tests.support.helpers import SandboxControl

MOST_STEPS = 200
POST = {"path": "/crm/api/call-logs", "method": "POST"}
"""What a planned reply is for: the creation of a record."""


@pytest.fixture(autouse=True)
def _no_cache():
    cache.clear()


@pytest.fixture
def finish(log, sandbox: SandboxControl) -> Callable[[CallEvent], CallEvent]:
    """Give a function that goes on with a call until it has ended, and its time with it."""

    def finish(event: CallEvent) -> CallEvent:
        event.refresh_from_db()
        at = event.next_attempt_at
        for _ in range(MOST_STEPS):
            if event.status not in IN_PROGRESS:
                return event
            wait = max(0.0, (event.next_attempt_at - at).total_seconds())
            sandbox.advance(wait)
            at = event.next_attempt_at
            log(event, at=at)
        raise AssertionError(f"{event} never ends")

    return finish
