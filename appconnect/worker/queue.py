"""What workers do, and when. A message says *now*; the row says what.

A message that is lost costs a sweep interval, never a call: `sweep` sends again what is
due. Messages carry ids only.
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

from appconnect.calls.actions.retention import PURGE, PURGE_INTERVAL, purge
from appconnect.calls.crm.circuit import (
    release,
    try_again_to_ask,
    try_changed_configurations,
)
from appconnect.calls.intake.ringcentral_record import WAIT_FOR_TURN
from appconnect.calls.intake.sqlite_turns import taking_turns
from appconnect.calls.intake.sync import needs_reading, read_call_log
from appconnect.calls.models import CallSession, Overtaken, Step
from appconnect.calls.models.choices import IN_PROGRESS, Message, Sentence, StepName
from appconnect.calls.models.timing import LEASE, SWEEP_INTERVAL
from appconnect.calls.pipeline import process, try_again
from appconnect.monitoring.alerts.alerting import check_alerts
from appconnect.monitoring.models import PeriodicJob
from appconnect.organizations.connections import time_zones
from appconnect.organizations.connections.ringcentral_connection import (
    check_connection,
    needs_check,
)
from appconnect.organizations.connections.subscription import (
    keep_subscription,
    needs_keeping,
)
from appconnect.organizations.models import Organization, RingCentralConnection
from appconnect.ringcentral.errors import RingCentralError, TokenExpired
from appconnect.worker import directory_refresh
from appconnect.worker.engine import Turns, crontab, engine

GAP = SWEEP_INTERVAL / 4
MAX_QUEUED = 5000
DIRECTORY_INTERVAL = timedelta(hours=6)
DATABASE_WAITS = (0.5, 1, 2, 4, 8, 16, 32)
"""Seconds between looks whether the database is back; after them the call's lease ends."""
HANDED_BACK = timedelta(seconds=15)
"""How long a call then waits: a database that reads may not be able to write yet."""

T = TypeVar("T")
turns = Turns()
logger = logging.getLogger(__name__)


@engine.pre_execute()
@engine.post_execute()
def close_stale_connections(*args: object) -> None:
    """Leave no broken database connection to the next task of the thread."""
    close_old_connections()


def dispatch(call: CallSession) -> None:
    """Have a worker look at the call when it is due; what is far off waits for the sweep."""
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
def process_call(event_id: str) -> None:
    """Take the next step of a call, if it is due and no other worker has it."""
    now = timezone.now()
    with taking_turns:
        call = CallSession.objects.claim(uuid.UUID(event_id), now)
    if call is None:
        return
    helped = []
    try:
        helped = process(call, now=now)
    except Overtaken:
        logger.warning("Call %s was taken over by another worker", event_id)
        return
    except (OperationalError, InterfaceError):
        logger.warning("Call %s waits for the database", event_id, exc_info=True)
        hand_back(call)
        return
    except Exception:
        reference = uuid.uuid4().hex[:8]
        logger.exception("Call %s failed unexpectedly (%s)", event_id, reference)
        message = Message(Sentence.INTERNAL_ERROR, {"reference": reference})
        with suppress(Overtaken), transaction.atomic():
            call = CallSession.objects.lock_claimed(call)
            if call.status in IN_PROGRESS:
                step = Step(StepName.INTERNAL_ERROR, message)
                try_again(call, steps=[step], now=timezone.now())
    dispatch(
        CallSession.objects.only("next_attempt_at", "organization_id").get(pk=event_id)
    )
    for other in helped:
        if other.pk != call.pk:
            dispatch(other)


def hand_back(call: CallSession) -> None:
    """Let go of a call whose step the database ended, as soon as the database answers.

    That was no attempt: it is not counted.
    """
    for seconds in DATABASE_WAITS:
        connection.close()
        time.sleep(seconds)
        with suppress(OperationalError, InterfaceError):
            now = timezone.now()
            mine = CallSession.objects.filter(pk=call.pk, fence=call.fence)
            handed = {
                "next_attempt_at": now + HANDED_BACK,
                "attempts": Greatest(F("attempts") - 1, 0),
            }
            if mine.filter(status__in=IN_PROGRESS).update(**handed):
                process_call.schedule(
                    (str(call.pk),), delay=HANDED_BACK.total_seconds()
                )
            return


def ask(question: Callable[..., T], organization: Organization) -> T:
    """Ask RingCentral, once more where a token ran out. Raises a `RingCentralError`."""
    try:
        return question(organization, now=timezone.now())
    except TokenExpired:
        return question(organization, now=timezone.now())


@engine.task()
def keep_logging_subscription(organization_id: str) -> None:
    """Bring the subscription at RingCentral in line with the settings."""
    organization = Organization.objects.get(pk=organization_id)
    try:
        ask(keep_subscription, organization)
    except RingCentralError as error:
        logger.warning("Subscription of %s: %s", organization.pk, error)
        look_for_problems(organization_id)


@engine.task()
def look_for_problems(organization_id: str) -> None:
    """Bring the alerts up to what is wrong now, and tell whom they are for."""
    organization = Organization.objects.get(pk=organization_id)
    check_alerts(organization, now=timezone.now())


@engine.task()
def check_ringcentral(organization_id: str) -> None:
    """Confirm that the connection works and its user is still an admin."""
    organization = Organization.objects.get(pk=organization_id)
    was_connected = organization.ringcentral_connection.is_connected
    try:
        ask(check_connection, organization)
    except RingCentralError as error:
        logger.warning("Connection of %s: %s", organization.pk, error)
        return
    finally:
        look_for_problems(organization_id)
    connection = RingCentralConnection.objects.get(organization=organization)
    if connection.is_connected and not was_connected:
        ringcentral_connected(organization)


@engine.task()
def sync_call_log(organization_id: str) -> None:
    """Read what changed in the call log, and go on with the calls that tells of."""
    organization = Organization.objects.get(pk=organization_id)
    try:
        moved = ask(read_call_log, organization)
    except RingCentralError as error:
        logger.warning("Call log of %s: %s", organization.pk, error)
        look_for_problems(organization_id)
        return
    if moved is None and needs_reading(organization, now=timezone.now()):
        delay = WAIT_FOR_TURN.total_seconds()
        sync_call_log.schedule((organization_id,), delay=delay)
    for call in moved or []:
        dispatch(call)


@engine.task()
def refresh_directory(organization_id: str, asked_by: int | None = None) -> None:
    """Read extensions and CRM users anew, and map whom that maps."""
    organization = Organization.objects.get(pk=organization_id)
    directory_refresh.refresh_directory(
        organization, asked_by=asked_by, now=timezone.now()
    )


@engine.task()
def read_time_zones(organization_id: str) -> None:
    """Read the time zones of a few people; the next minute goes on, whatever failed."""
    organization = Organization.objects.get(pk=organization_id)
    with suppress(RingCentralError):
        time_zones.read_time_zones(organization, now=timezone.now())


def configuration_changed(organization: Organization) -> None:
    """Have the workers act on new settings or a new mapping now, not at the next sweep."""
    keep_logging_subscription(str(organization.pk))
    refresh_directory(str(organization.pk))
    send_due()


def check_now(organization: Organization) -> None:
    """Look at the connection, the subscription and the call log without waiting."""
    key = str(organization.pk)
    check_ringcentral(key)
    keep_logging_subscription(key)
    sync_call_log(key)


def resumed(organization: Organization) -> None:
    """Go on with the calls that were kept during a pause; none that a worker has."""
    release(organization, now=timezone.now())
    send_due()


def ringcentral_connected(organization: Organization) -> None:
    """Go on with everything that waited for RingCentral to be connected again."""
    now = timezone.now()
    waiting = organization.calls.filter(
        status=CallSession.Status.WAITING_FOR_RECORD, next_attempt_at__gt=now + LEASE
    )
    waiting.update(next_attempt_at=now)
    keep_logging_subscription(str(organization.pk))
    sync_call_log(str(organization.pk))


@engine.task()
def send_due() -> None:
    """Send what is due, and what a change of the configuration may have put right."""
    now = timezone.now()
    CallSession.objects.put_right(now).make_due(now=now)
    try_changed_configurations(now=now)
    try_again_to_ask(now=now)
    room = max(0, MAX_QUEUED - engine.pending_count())  # what is queued has its turn
    due = CallSession.objects.due(now).in_turns()
    for pk, turn in due.values_list("pk", "turn")[:room]:
        process_call(str(pk), priority=-turn)


@engine.task()
def purge_calls(organization_id: str) -> None:
    """Let go of what the organization keeps no longer."""
    purge(Organization.objects.get(pk=organization_id), now=timezone.now())


@engine.periodic_task(crontab(), priority=1)
def sweep() -> None:
    """Once a minute: send again what is due, whatever became of its message."""
    now = timezone.now()
    if not PeriodicJob.claim("sweep", every=SWEEP_INTERVAL - GAP, now=now):
        return  # every worker process has a clock of its own
    send_due.call_local()
    is_purge_due = PeriodicJob.claim(PURGE, every=PURGE_INTERVAL - GAP, now=now)
    for organization in Organization.objects.exclude(platform="").select_related(
        "ringcentral_connection", "call_log_sync"
    ):
        sweep_organization(organization, now)
        if is_purge_due:
            purge_calls(str(organization.pk))


def sweep_organization(organization: Organization, now: datetime) -> None:
    """Do what is due for an organization besides its calls."""
    key = str(organization.pk)
    look_for_problems(key)
    if needs_check(organization.ringcentral_connection, now=now):
        check_ringcentral(key)
    if needs_keeping(organization, now=now):
        keep_logging_subscription(key)
    if needs_reading(organization, now=now):
        sync_call_log(key)
    refreshed_at = organization.directory_refreshed_at
    if refreshed_at is None or refreshed_at < now - DIRECTORY_INTERVAL:
        refresh_directory(key)
    if time_zones.without_time_zone(organization, now=now).exists():
        read_time_zones(key)
