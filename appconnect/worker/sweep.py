"""What is looked after once a minute, whether or not a message came for it."""

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from appconnect.calls.actions.retention import PURGE, PURGE_INTERVAL
from appconnect.calls.intake.sync import needs_reading
from appconnect.calls.models.timing import SWEEP_INTERVAL
from appconnect.monitoring.models import PeriodicJob
from appconnect.organizations.connections import time_zones
from appconnect.organizations.connections.ringcentral_connection import needs_check
from appconnect.organizations.connections.subscription import needs_keeping
from appconnect.organizations.models import Organization
from appconnect.worker import due, queue
from appconnect.worker.engine import TaskWrapper, crontab, engine

CRON_TOLERANCE = SWEEP_INTERVAL / 4
"""How much earlier than its interval a periodic job may run."""
PURGE_DURATION = timedelta(hours=1)
"""Over how long the organizations' purges are spread."""


@engine.periodic_task(crontab(), priority=1)
def sweep() -> None:
    """Send again what is due, in case its message was lost. Runs once a minute."""
    now = timezone.now()
    if not PeriodicJob.claim("sweep", every=SWEEP_INTERVAL - CRON_TOLERANCE, now=now):
        return  # another worker process has done it
    queue.send_due.call_local()
    spread(look_after, due.due_organizations(now), duration=SWEEP_INTERVAL)
    if PeriodicJob.claim(PURGE, every=PURGE_INTERVAL - CRON_TOLERANCE, now=now):
        everybody = Organization.objects.exclude(platform="")
        spread(queue.purge_calls, everybody, duration=PURGE_DURATION)


def spread(
    task: TaskWrapper, organizations: QuerySet[Organization], *, duration: timedelta
) -> None:
    """Send a message for each organization, the first now and the others in turn."""
    keys = [str(pk) for pk in organizations.values_list("pk", flat=True)]
    for number, key in enumerate(keys):
        if number == 0:
            task(key)
        else:
            delay = duration.total_seconds() * number / len(keys)
            task.schedule((key,), delay=delay)


@engine.task()
def look_after(organization_id: str) -> None:
    """Do what is due for an organization apart from its calls.

    Problems that leave no trace, such as silence, are looked for once an hour, with the
    check of the connection.
    """
    now = timezone.now()
    organization = due.with_hint(now).get(pk=organization_id)
    if organization.may_have_problem:
        queue.look_for_problems(organization_id)
    if needs_check(organization.ringcentral_connection, now=now):
        queue.check_ringcentral(organization_id)
    if needs_keeping(organization, now=now):
        queue.keep_logging_subscription(organization_id)
    if needs_reading(organization, now=now):
        queue.sync_call_log(organization_id)
    refreshed_at = organization.directory_refreshed_at
    if refreshed_at is None or refreshed_at < now - due.DIRECTORY_INTERVAL:
        queue.refresh_directory(organization_id)
    if time_zones.without_time_zone(organization, now=now).exists():
        queue.read_time_zones(organization_id)
