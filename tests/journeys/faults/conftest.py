"""Faults against the sandbox's CRM, which is real HTTP and a real second process."""

from collections.abc import Callable

import pytest
from django.core.cache import cache

from appconnect.calls.models import CallSession
from appconnect.calls.models.choices import IN_PROGRESS
from tests.support.helpers import SandboxControl

MAX_STEPS = 200
POST = {"path": "/crm/api/call-logs", "method": "POST"}
"""What a planned reply is for: the creation of a record."""


@pytest.fixture(autouse=True)
def _no_cache():
    cache.clear()


@pytest.fixture
def finish(log, sandbox: SandboxControl) -> Callable[[CallSession], CallSession]:
    """Give a function that goes on with a call until it has ended, and its time with it."""

    def finish(call: CallSession) -> CallSession:
        call.refresh_from_db()
        at = call.next_attempt_at
        for _ in range(MAX_STEPS):
            if call.status not in IN_PROGRESS:
                return call
            wait = max(0.0, (call.next_attempt_at - at).total_seconds())
            sandbox.advance(wait)
            at = call.next_attempt_at
            log(call, at=at)
        raise AssertionError(f"{call} never ends")

    return finish
