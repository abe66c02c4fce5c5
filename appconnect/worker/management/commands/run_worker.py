import threading

from django.conf import settings
from django.core.checks import Tags
from django.core.management.base import BaseCommand

from appconnect.checks import PROGRAM
from appconnect.worker import queue, sweep
from appconnect.worker.engine import Consumer, engine
from appconnect.worker.heartbeat import beat, keep_beating


class Command(BaseCommand):
    help = "Log calls until stopped."
    requires_system_checks = (PROGRAM, Tags.database, Tags.translation)

    def get_check_kwargs(self, options):
        return {**super().get_check_kwargs(options), "databases": ["default"]}

    def handle(self, **options):
        """Work until SIGTERM or SIGINT; then finish what is under way, for 25 seconds at most."""
        beat()
        queue.send_due()
        sweep.sweep()
        threading.Thread(target=keep_beating, daemon=True, name="heartbeat").start()
        Consumer(
            engine,
            workers=settings.WORKER_THREADS,
            worker_type="thread",
            max_delay=0.5,
            graceful_signal="TERM",
            shutdown_timeout=25,
        ).run()
