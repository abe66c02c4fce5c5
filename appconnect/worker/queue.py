"""The tasks of the workers. A message says *now*; the row says what is to be done.

A lost message costs a sweep interval, never a call: `sweep.py` sends again what
is due.
Messages carry ids only.
"""

import logging
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import (
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
    transaction,
)
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from appconnect.calls.actions.retention import purge
from appconnect.calls.crm.circuit import (
    release,
    send_probes,
    try_changed_configurations,
)
from appconnect.calls.intake.ringcentral_record import RATE_LIMIT_INTERVAL
from appconnect.calls.intake.sync import needs_reading, read_call_log
from appconnect.calls.models import CallSession, Overtaken, Step
from appconnect.calls.models.choices import IN_PROGRESS, Message, Sentence, StepName
from appconnect.calls.models.timing import LEASE, SWEEP_INTERVAL
from appconnect.calls.pipeline import process, try_again
from appconnect.monitoring.alerts.alerting import check_alerts
from appconnect.organizations.connections import time_zones
from appconnect.organizations.connections.configuration import configured_now
from appconnect.organizations.connections.ringcentral_connection import check_connection
from appconnect.organizations.connections.subscription import keep_subscription
from appconnect.organizations.models import Member, Organization
from appconnect.organizations.people import second_factor_notice
from appconnect.ringcentral.errors import RingCentralError, TokenExpired
from appconnect.worker import directory_refresh
from appconnect.worker.due import DIRECTORY_INTERVAL
from appconnect.worker.engine import Turns, engine

MAX_QUEUED = 5000
DATABASE_RETRY_SECONDS = (0.5, 1, 2, 4, 8, 16, 32)
"""Between attempts to reach the database again; after them the call's lease ends."""
HAND_BACK_DELAY = timedelta(seconds=15)
"""How long a call then waits: a database that reads may not be able to write yet."""

T = TypeVar("T")
turns = Turns()
logger = logging.getLogger(__name__)


@engine.pre_execute()
@engine.post_execute()
def close_stale_connections(*args: object) -> None:
    """Close broken database connections, before and after each task."""
    close_old_connections()


def dispatch(call: CallSession) -> None:
    """Send a message for the call, due when it is; a later one is sent by the sweep."""
    if call.next_attempt_at is None:
        return
    wait = call.next_attempt_at - timezone.now()
    turn = turns.next(call.organization_id)
    if wait <= timedelta(0):
        process_call(str(call.pk), priority=turn)
    elif wait <= SWEEP_INTERVAL:
        delay = wait.total_seconds()
        process_call.schedule((str(call.pk),), delay=delay, priority=turn)


@engine.task()
def process_call(call_id: str) -> None:
    """Take the next step of a call, if it is due and no other worker has it."""
    now = timezone.now()
    call = CallSession.objects.claim(uuid.UUID(call_id), now)
    if call is None:
        return
    others = []
    try:
        others = process(call, now=now)
    except Overtaken:
        logger.warning("Call %s was taken over by another worker", call_id)
        return
    except (OperationalError, InterfaceError):
        logger.warning("Call %s waits for the database", call_id, exc_info=True)
        hand_back(call)
        return
    except Exception:
        reference = uuid.uuid4().hex[:8]
        logger.exception("Call %s failed unexpectedly (%s)", call_id, reference)
        message = Message(Sentence.INTERNAL_ERROR, {"reference": reference})
        with suppress(Overtaken), transaction.atomic():
            CallSession.objects.lock_claimed(call)
            if call.status in IN_PROGRESS:
                step = Step(StepName.INTERNAL_ERROR, message)
                try_again(call, steps=[step], now=timezone.now())
    dispatch(call)
    for other in others:
        if other.pk != call.pk:
            dispatch(other)
    delay = directory_refresh.delay_after_refusal(call, now=now)
    if delay is not None:
        refresh = (str(call.organization_id), None, now.isoformat())
        refresh_directory.schedule(refresh, delay=delay.total_seconds())


def hand_back(call: CallSession) -> None:
    """Release a call whose step failed in the database, once that answers again.

    It does not count as an attempt.
    """
    for seconds in DATABASE_RETRY_SECONDS:
        connection.close()
        time.sleep(seconds)
        with suppress(OperationalError, InterfaceError):
            now = timezone.now()
            mine = CallSession.objects.filter(pk=call.pk, fence=call.fence)
            columns = {
                "next_attempt_at": now + HAND_BACK_DELAY,
                "attempts": Greatest(F("attempts") - 1, 0),
            }
            if mine.filter(status__in=IN_PROGRESS).update(**columns):
                process_call.schedule(
                    (str(call.pk),), delay=HAND_BACK_DELAY.total_seconds()
                )
            return


def with_fresh_token(request: Callable[..., T], organization: Organization) -> T:
    """Call `request`, again if the token had expired. Raises a `RingCentralError`."""
    try:
        return request(organization, now=timezone.now())
    except TokenExpired:
        return request(organization, now=timezone.now())


@engine.task()
def keep_logging_subscription(organization_id: str) -> None:
    """Create, renew or delete the subscription at RingCentral, as the settings say."""
    organization = configured_now(organization_id)
    try:
        with_fresh_token(keep_subscription, organization)
    except RingCentralError as error:
        logger.warning("Subscription of %s: %s", organization.pk, error)
        look_for_problems(organization_id)


@engine.task()
def look_for_problems(organization_id: str) -> None:
    """Raise and resolve alerts by what is wrong now, and deliver them."""
    organization = Organization.objects.get(pk=organization_id)
    check_alerts(organization, now=timezone.now())


@engine.task()
def check_ringcentral(organization_id: str) -> None:
    """Confirm that the connection works and its user is still an admin."""
    organization = configured_now(organization_id)
    try:
        is_back = with_fresh_token(check_connection, organization)
    except RingCentralError as error:
        logger.warning("Connection of %s: %s", organization.pk, error)
        return
    finally:
        look_for_problems(organization_id)
    if is_back:
        ringcentral_connected(organization)


@engine.task()
def sync_call_log(organization_id: str) -> None:
    """Read what changed in the call log, and process the calls that can go on."""
    organization = configured_now(organization_id)
    try:
        moved = with_fresh_token(read_call_log, organization)
    except RingCentralError as error:
        logger.warning("Call log of %s: %s", organization.pk, error)
        look_for_problems(organization_id)
        return
    if moved is None and needs_reading(organization, now=timezone.now()):
        delay = RATE_LIMIT_INTERVAL.total_seconds()
        sync_call_log.schedule((organization_id,), delay=delay)
    for call in moved or []:
        dispatch(call)


@engine.task()
def refresh_directory(
    organization_id: str, asked_by: int | None = None, unless_after: str = ""
) -> None:
    """Read extensions and CRM users again, and map those that match.

    Not where that was begun since `unless_after`, an ISO time.
    """
    now = timezone.now()
    if unless_after:  # many calls may have been refused together
        since = datetime.fromisoformat(unless_after)
        older = Organization.objects.exclude(directory_refreshed_at__gte=since)
        if not older.filter(pk=organization_id).update(directory_refreshed_at=now):
            return
    organization = Organization.objects.get(pk=organization_id)
    if directory_refresh.refresh_directory(organization, asked_by=asked_by, now=now):
        send_due()


@engine.task()
def refresh_stale_directory(organization_id: str) -> None:
    """Do so unless it was begun within `DIRECTORY_INTERVAL`: the next sweep asks again."""
    since = timezone.now() - DIRECTORY_INTERVAL
    refresh_directory.call_local(organization_id, unless_after=since.isoformat())


@engine.task()
def read_time_zones(organization_id: str) -> None:
    """Read the time zones of a few people; the next sweep continues, after errors too."""
    organization = Organization.objects.get(pk=organization_id)
    with suppress(RingCentralError):
        time_zones.read_time_zones(organization, now=timezone.now())


@engine.task(retries=5, retry_delay=60)
def tell_of_reset(member_pk: int) -> None:
    """Email a person that an admin has reset their second factor."""
    members = Member.objects.select_related("user", "organization")
    if member := members.filter(pk=member_pk).first():
        second_factor_notice.tell_of_reset(member)


def configuration_changed(organization: Organization) -> None:
    """Apply new settings or a new mapping now, not at the next sweep."""
    apply_configuration(str(organization.pk))


@engine.task()
def apply_configuration(organization_id: str) -> None:
    """Send what a new configuration needs: the request that stored it does not wait."""
    keep_logging_subscription(organization_id)
    refresh_directory(organization_id)
    send_due()


def check_now(organization: Organization) -> None:
    """Check connection and subscription, and read the call log, now."""
    key = str(organization.pk)
    check_ringcentral(key)
    keep_logging_subscription(key)
    sync_call_log(key)


def resumed(organization: Organization) -> None:
    """Process the calls that waited during a pause, except those that a worker has."""
    release(organization, now=timezone.now())
    send_due()


def ringcentral_connected(organization: Organization) -> None:
    """Process everything that waited for RingCentral to be connected again."""
    now = timezone.now()
    waiting = organization.calls.filter(
        status=CallSession.Status.WAITING_FOR_RECORD, next_attempt_at__gt=now + LEASE
    )
    waiting.update(next_attempt_at=now)
    keep_logging_subscription(str(organization.pk))
    sync_call_log(str(organization.pk))


@engine.task()
def send_due() -> None:
    """Send what is due, and the held calls that a new configuration may have fixed."""
    now = timezone.now()
    CallSession.objects.maybe_fixed(now).make_due(now=now)
    try_changed_configurations(now=now)
    send_probes(now=now)
    room = max(0, MAX_QUEUED - engine.pending_count())  # beside what is queued already
    calls = CallSession.objects.due(now).in_turns()
    for pk, turn in calls.values_list("pk", "turn")[:room]:
        process_call(str(pk), priority=-turn)


@engine.task()
def purge_calls(organization_id: str) -> None:
    """Delete what is older than the organization's retention."""
    purge(Organization.objects.get(pk=organization_id), now=timezone.now())
