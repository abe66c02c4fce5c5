from django.core.management.base import BaseCommand

from appconnect.calls.queue import run_worker


class Command(BaseCommand):
    help = "Log calls: process what is due until stopped."

    def handle(self, **options):
        run_worker()
