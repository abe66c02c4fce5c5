from datetime import timedelta

from django.db import models


class WorkerHeartbeat(models.Model):
    """That a worker process is alive: one row each, beaten every minute."""

    TIMEOUT = timedelta(seconds=150)

    name = models.CharField(max_length=100, primary_key=True)
    beat_at = models.DateTimeField()

    def __str__(self):
        return self.name
