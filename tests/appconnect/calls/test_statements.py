"""How many statements and commits each step of a call's way costs: one more must be meant."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from appconnect.calls.intake.notifications import record_notification
from appconnect.calls.intake.sync import read_call_log
from appconnect.calls.models import CallSession
from appconnect.organizations.connections.account_numbers import (
    account_numbers,
    store_account_numbers,
)
from appconnect.ringcentral.notifications import Notification, PartyChange
from appconnect.worker import queue

pytestmark = pytest.mark.django_db(transaction=True)
Status = CallSession.Status
CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SELECT pg_")
"""Not counted: transactions, and the sender's lock, which costs PostgreSQL two more."""


class Cost(CaptureQueriesContext):
    """The statements and commits of a block; each write outside a transaction is one."""

    def __init__(self):
        super().__init__(connection)

    @property
    def statements(self) -> int:
        return sum(not self._starts(sql, CONTROL) for sql in self._texts())

    @property
    def commits(self) -> int:
        count, is_open = 0, False
        for sql in self._texts():
            is_open = is_open or self._starts(sql, ("BEGIN",))
            is_write = self._starts(sql, ("INSERT", "UPDATE", "DELETE"))
            if self._starts(sql, ("COMMIT",)):
                count, is_open = count + 1, False
            elif is_write and not is_open:
                count += 1
        return count

    def __str__(self) -> str:
        return "\n".join(sql[:200] for sql in self._texts())

    def _texts(self) -> list[str]:
        return [query["sql"].lstrip() for query in self.captured_queries]

    def _starts(self, sql: str, words: tuple[str, ...]) -> bool:
        return sql.startswith(words)


def assert_costs(cost: Cost, *, statements: int, commits: int) -> None:
    assert (cost.statements, cost.commits) == (statements, commits), str(cost)


def work(call: CallSession) -> Cost:
    """Do what a worker does with a message for the call."""
    CallSession.objects.filter(pk=call.pk).update(next_attempt_at=timezone.now())
    with Cost() as cost:
        queue.process_call.call_local(str(call.pk))
    call.refresh_from_db()
    return cost


@pytest.fixture
def warm(connected, make_call, sandbox) -> None:
    """Log a call first: what a process keeps between calls is there."""
    work(make_call())


def change(sequence: int, status: str) -> Notification:
    party = PartyChange(
        telephony_session_id="s-1",
        party_id="p-1",
        extension_id="800100102",
        sequence=sequence,
        status=status,
        reason="",
        event_time=timezone.now(),
    )
    return Notification(subscription_id="x", changes=(party,))


def test_notification(organization, now):
    with Cost() as first:
        record_notification(organization, change(1, "setup"), received_at=now)
    with Cost() as next_one:
        record_notification(organization, change(2, "disconnected"), received_at=now)
    with Cost() as repeated:
        record_notification(organization, change(2, "disconnected"), received_at=now)

    assert_costs(first, statements=3, commits=1)
    assert_costs(next_one, statements=4, commits=1)
    assert_costs(repeated, statements=3, commits=1)


def test_settling(organization, warm, now):
    [call] = record_notification(
        organization, change(2, "disconnected"), received_at=now
    )

    cost = work(call)

    assert call.status == Status.WAITING_FOR_RECORD
    assert_costs(cost, statements=5, commits=2)


def test_fetching_one_record(connected, make_call, warm, sandbox):
    store_account_numbers(connected, {"16505550102": "800100102"}, is_end_of_list=True)
    account_numbers(connected)  # kept by the process, as what `warm` reads
    session = sandbox.make_call("inbound_answered")
    call = make_call(telephony_session_id=session, status=Status.WAITING_FOR_RECORD)
    CallSession.objects.filter(pk=call.pk).update(details=None)
    work(call)  # signs in, and is too early
    sandbox.advance(10)

    cost = work(call)

    assert call.status == Status.WAITING_TO_LOG
    assert_costs(cost, statements=9, commits=3)


def test_reading_the_call_log(connected, make_call, warm, sandbox, now):
    """A call more is two statements more: its row, and its timeline."""
    read_call_log(connected, now=now)  # signs in
    costs = []
    for count in (1, 6):
        for extension in range(101, 101 + count):
            session = sandbox.make_call("missed", extension=str(extension))
            make_call(telephony_session_id=session, status=Status.WAITING_FOR_RECORD)
        CallSession.objects.filter(status=Status.WAITING_FOR_RECORD).update(
            details=None
        )
        sandbox.advance(10)
        with Cost() as cost:
            moved = read_call_log(connected, now=now)
        assert len(moved) == count
        costs.append(cost.statements)

    assert costs[1] - costs[0] == 5 * 2


def test_logging(make_call, warm, sandbox):
    call = make_call()

    cost = work(call)

    assert call.status == Status.LOGGED
    assert_costs(cost, statements=8, commits=4)


def test_skipping(make_call, warm):
    call = make_call(extension="")

    cost = work(call)

    assert call.status == Status.SKIPPED
    assert_costs(cost, statements=5, commits=2)


def test_updating_the_record(organization, make_call, warm, sandbox, now):
    sandbox.switch(recordingSeconds=60)
    sandbox.make_call("inbound_answered")
    sandbox.advance(10)
    [call] = read_call_log(organization, now=now)
    work(call)
    sandbox.advance(60)
    read_call_log(organization, now=now + timedelta(minutes=1))

    cost = work(call)

    assert call.timeline.last().step == "UPDATED"
    assert_costs(cost, statements=6, commits=2)
