from django.core.management.base import BaseCommand

from appconnect.calls.queue import run_worker


class Command(BaseCommand):
    help = "Log calls: process what is due until stopped."

    def get_check_kwargs(self, options):
        return {**super().get_check_kwargs(options), "databases": ["default"]}

    def handle(self, **options):
        run_worker()
