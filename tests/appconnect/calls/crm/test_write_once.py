"""The protocol itself, with a CRM that is two functions."""

from datetime import datetime, timedelta
from unittest.mock import Mock

import pytest

from appconnect.calls.crm.sending_lock import being_sent, is_being_sent
from appconnect.calls.crm.write_once import write_once
from appconnect.calls.models import CrmRecord, Overtaken
from appconnect.calls.models.choices import AttentionReason, NeedsAttention, NotYet
from appconnect.calls.models.timing import SEARCH_WINDOW
from connector.crms.sandbox import Sandbox
from connector.errors import PermanentError, TemporaryError, UnknownOutcome
from connector.types import MarkerSupport

Status = CrmRecord.Status


@pytest.fixture
def reserve(organization, now):
    """Give a function that makes a reservation of a status, sent just now."""

    def reserve(status: Status) -> CrmRecord:
        return CrmRecord.objects.create(
            organization=organization,
            platform="sandbox",
            telephony_session_id="s-1",
            status=status,
            sent_at=now,
            fence=1,
        )

    return reserve


def write(
    crm_record: CrmRecord,
    now: datetime,
    *,
    find=lambda: None,
    create=lambda: "r1",
    **options,
) -> str:
    options = {"clock": lambda: now, **options}
    return write_once(crm_record, find=find, create=create, **options)


def test_reservation_is_stored_and_locked_before_anything_is_sent(organization, now):
    crm_record = CrmRecord(
        organization=organization, platform="sandbox", telephony_session_id="s-1"
    )

    def create() -> str:
        assert CrmRecord.objects.get().status == Status.SENDING
        assert is_being_sent(crm_record.lock_id)
        return "r1"

    assert write(crm_record, now, create=create) == "r1"
    stored = CrmRecord.objects.get()
    assert (stored.status, stored.record_id) == (Status.LOGGED, "r1")
    assert not is_being_sent(crm_record.lock_id)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (TemporaryError("no connection"), Status.RESERVED),
        (PermanentError("HTTP 422"), Status.RESERVED),
        (UnknownOutcome("no answer"), Status.UNKNOWN),
        (KeyError("a fault of the connector"), Status.UNKNOWN),
    ],
)
def test_error_decides_whether_the_record_may_be_there(reserve, now, error, status):
    later = now + timedelta(minutes=1)

    with pytest.raises(type(error)):
        write(reserve(Status.RESERVED), later, create=Mock(side_effect=error))

    stored = CrmRecord.objects.get()
    assert (stored.status, stored.sent_at) == (status, later)


def test_found_record_is_not_sent_again(reserve, now):
    create = Mock()

    assert write(reserve(Status.UNKNOWN), now, find=lambda: "r0", create=create) == "r0"

    assert CrmRecord.objects.get().record_id == "r0"
    create.assert_not_called()


def test_record_is_sent_again_only_after_the_search_window(reserve, now):
    crm_record = reserve(Status.UNKNOWN)
    over = now + SEARCH_WINDOW

    with pytest.raises(NotYet):
        write(crm_record, over - timedelta(seconds=1))

    assert write(crm_record, over) == "r1"


def test_search_must_begin_after_the_search_window(reserve, now):
    """What the CRM shows while the search is under way may be missing in its answer."""
    clock = Mock(side_effect=[now + SEARCH_WINDOW - timedelta(seconds=1)])

    with pytest.raises(NotYet):
        write(reserve(Status.UNKNOWN), now, clock=clock)


def test_search_window_begins_when_a_dead_sender_is_noticed(reserve, now):
    crm_record = reserve(Status.SENDING)
    noticed = now + timedelta(hours=1)

    with pytest.raises(NotYet):
        write(crm_record, noticed)

    assert CrmRecord.objects.get().status == Status.UNKNOWN
    assert CrmRecord.objects.get().sent_at == noticed


def test_living_sender_keeps_its_reservation(reserve, now):
    crm_record = reserve(Status.SENDING)

    with being_sent(crm_record.lock_id), pytest.raises(NotYet, match="still sending"):
        write(crm_record, now + timedelta(hours=1))

    assert CrmRecord.objects.get().status == Status.SENDING


def test_unique_marker_needs_no_search_window(reserve, now, monkeypatch):
    monkeypatch.setattr(Sandbox, "marker_support", MarkerSupport.UNIQUE)

    assert write(reserve(Status.UNKNOWN), now) == "r1"


@pytest.mark.parametrize(
    ("marker_support", "resend_delay"),
    [(MarkerSupport.NONE, timedelta(0)), (MarkerSupport.SEARCHABLE, None)],
    ids=["no search", "no attempt left"],
)
def test_undecided_record_needs_attention(
    reserve, now, monkeypatch, marker_support, resend_delay
):
    monkeypatch.setattr(Sandbox, "marker_support", marker_support)
    later = now + timedelta(hours=1)

    with pytest.raises(NeedsAttention) as raised:
        write(reserve(Status.UNKNOWN), later, resend_delay=resend_delay)

    assert raised.value.reason == AttentionReason.UNDECIDED
    assert CrmRecord.objects.get().status == Status.UNKNOWN


def test_overtaken_sender_stores_nothing(reserve, now):
    def create() -> str:
        CrmRecord.objects.update(fence=7, status=Status.UNKNOWN)
        return "r1"

    with pytest.raises(Overtaken):
        write(reserve(Status.RESERVED), now, create=create)

    stored = CrmRecord.objects.get()
    assert (stored.fence, stored.status, stored.record_id) == (7, Status.UNKNOWN, "")
