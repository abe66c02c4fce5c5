from datetime import datetime, timedelta

from django.db import models
from django.db.models.functions import Now


class WorkerHeartbeatQuerySet(models.QuerySet):
    def alive(self):
        """Return the workers with a recent heartbeat, by the database's clock.

        That clock writes the heartbeats too, so a machine with a wrong clock does not
        matter.
        """
        return self.filter(beat_at__gt=Now() - WorkerHeartbeat.TIMEOUT)


class WorkerHeartbeat(models.Model):
    """A worker process that is alive: it updates its row every minute."""

    TIMEOUT = timedelta(seconds=150)

    name = models.CharField(max_length=100, primary_key=True)
    beat_at = models.DateTimeField()

    objects = WorkerHeartbeatQuerySet.as_manager()

    def __str__(self):
        return self.name


class PeriodicJob(models.Model):
    """A job that runs at intervals, in one of the workers."""

    name = models.CharField(max_length=60, primary_key=True)
    run_at = models.DateTimeField()

    def __str__(self):
        return self.name

    @classmethod
    def claim(cls, name: str, *, every: timedelta, now: datetime) -> bool:
        """Claim the job for this worker; False if it ran less than `every` ago."""
        is_due = models.Q(run_at__lte=now - every)
        is_ahead = models.Q(run_at__gt=now + every)  # a clock was wrong
        if cls.objects.filter(is_due | is_ahead, name=name).update(run_at=now):
            return True
        _job, is_first = cls.objects.get_or_create(name=name, defaults={"run_at": now})
        return is_first
