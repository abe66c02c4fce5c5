"""What is looked after once a minute, whether or not a message came for it."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from math import ceil

from django.db import close_old_connections
from django.utils import timezone

from appconnect.calls.actions.retention import PURGE, PURGE_INTERVAL, delete_short_lived
from appconnect.calls.models.timing import SWEEP_INTERVAL
from appconnect.monitoring.models import PeriodicJob
from appconnect.organizations.models import Organization
from appconnect.worker import due, queue
from appconnect.worker.engine import TaskWrapper, crontab, engine

logger = logging.getLogger(__name__)

CRON_TOLERANCE = SWEEP_INTERVAL / 4
"""How much earlier than its interval a periodic job may run."""
MESSAGES = 60
"""How many a sweep sends to look after organizations, unless their shares get too long."""
MAX_SHARE = 10
"""How many organizations one message has at most."""
PURGE_DURATION = timedelta(hours=1)
"""Over how long the organizations' purges are spread."""


@engine.periodic_task(crontab(), priority=1)
def sweep() -> None:
    """Send again what is due, in case its message was lost. Runs once a minute."""
    now = timezone.now()
    if not PeriodicJob.claim("sweep", every=SWEEP_INTERVAL - CRON_TOLERANCE, now=now):
        return  # another worker process has done it
    queue.send_due.call_local()
    organizations = list(due.find_due(now).items())
    count = max(MESSAGES, ceil(len(organizations) / MAX_SHARE))
    shares = [organizations[first::count] for first in range(count)]
    spread(look_after, [(share,) for share in shares if share], duration=SWEEP_INTERVAL)
    if PeriodicJob.claim(PURGE, every=PURGE_INTERVAL - CRON_TOLERANCE, now=now):
        everybody = Organization.objects.exclude(platform="")
        keys = [(str(pk),) for pk in everybody.values_list("pk", flat=True)]
        spread(queue.purge_calls, keys, duration=PURGE_DURATION)
    delete_short_lived(now=now)  # last: its failure delays no call


def spread(
    task: TaskWrapper, messages: Sequence[tuple[object, ...]], *, duration: timedelta
) -> None:
    """Send a task's messages, the first now and the others in turn."""
    for number, arguments in enumerate(messages):
        if number == 0:
            task(*arguments)
        else:
            delay = duration.total_seconds() * number / len(messages)
            task.schedule(arguments, delay=delay)


@engine.task()
def look_after(organizations: Sequence[tuple[str, Sequence[str]]]) -> None:
    """Do each organization's tasks here, without a message for each."""
    for organization_id, tasks in organizations:
        for task in tasks:
            try:
                getattr(queue, task).call_local(organization_id)
            except Exception:  # the others are done nevertheless
                logger.exception("%s of %s failed unexpectedly", task, organization_id)
                close_old_connections()  # one that broke would fail the others too
