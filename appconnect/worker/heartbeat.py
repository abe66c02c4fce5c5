"""The heartbeat of a worker process, in the database and for systemd."""

import logging
import os
import socket
import time
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.db.models.functions import Now

from appconnect.monitoring.models import WorkerHeartbeat

BEAT_SECONDS = 30

logger = logging.getLogger(__name__)


def beat() -> None:
    """Store that this worker process is alive."""
    name = f"{socket.gethostname()}:{os.getpid()}"
    WorkerHeartbeat.objects.update_or_create(name=name, defaults={"beat_at": Now()})
    WorkerHeartbeat.objects.filter(beat_at__lt=Now() - timedelta(days=1)).delete()


def keep_beating() -> None:
    """Beat for as long as the process lives, even while all its threads are busy."""
    while True:
        try:
            beat()
        except DatabaseError:
            logger.exception("No heartbeat")
        close_old_connections()
        tell_systemd("WATCHDOG=1")
        time.sleep(BEAT_SECONDS)


def tell_systemd(state: str) -> None:
    """Send a state to systemd (``sd_notify``), if it started this process."""
    address = settings.NOTIFY_SOCKET
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.sendto(state.encode(), address.replace("@", "\0", 1))
