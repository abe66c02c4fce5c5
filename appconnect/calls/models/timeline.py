from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from django.db import models


class Step(NamedTuple):
    """One line of a call's timeline: a word for the step, a sentence for people.

    One without a time is as old as the state that it is written with.
    """

    name: str
    text: str
    at: datetime | None = None


class TimedSteps(list[Step]):
    """The steps of one attempt, each with the time at which it was taken."""

    def __init__(self, clock: Callable[[], datetime]):
        super().__init__()
        self._clock = clock

    def append(self, step: Step) -> None:
        super().append(step._replace(at=self._clock()))


class TimelineEntry(models.Model):
    """What happened to a call, in a sentence without names or numbers."""

    call_event = models.ForeignKey(
        "calls.CallEvent", on_delete=models.CASCADE, related_name="timeline"
    )
    at = models.DateTimeField()
    step = models.CharField(max_length=40)
    text = models.CharField(max_length=500)
    configuration_version = models.PositiveIntegerField()

    class Meta:
        ordering = ["at", "id"]
        verbose_name_plural = "timeline entries"

    def __str__(self):
        return f"{self.step}: {self.text}"
