from datetime import datetime, timedelta

from django.db import models
from django.db.models.functions import Now


class WorkerHeartbeatQuerySet(models.QuerySet):
    def alive(self):
        """Return the workers that beat lately.

        By the database's clock, which writes the beats too: a machine whose clock is
        wrong has no say in it.
        """
        return self.filter(beat_at__gt=Now() - WorkerHeartbeat.TIMEOUT)


class WorkerHeartbeat(models.Model):
    """That a worker process is alive: one row each, beaten every minute."""

    TIMEOUT = timedelta(seconds=150)

    name = models.CharField(max_length=100, primary_key=True)
    beat_at = models.DateTimeField()

    objects = WorkerHeartbeatQuerySet.as_manager()

    def __str__(self):
        return self.name


class PeriodicJob(models.Model):
    """Something that is done now and then, by one of however many workers there are."""

    name = models.CharField(max_length=60, primary_key=True)
    run_at = models.DateTimeField()

    def __str__(self):
        return self.name

    @classmethod
    def claim(cls, name: str, *, every: timedelta, now: datetime) -> bool:
        """Take the job for this worker; False when it was done less than `every` ago."""
        is_due = models.Q(run_at__lte=now - every)
        is_ahead = models.Q(run_at__gt=now + every)  # a clock was wrong
        if cls.objects.filter(is_due | is_ahead, name=name).update(run_at=now):
            return True
        _job, is_first = cls.objects.get_or_create(name=name, defaults={"run_at": now})
        return is_first
