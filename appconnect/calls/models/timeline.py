from typing import NamedTuple

from django.db import models


class Step(NamedTuple):
    """One line of a call's timeline: a word for the step, a sentence for people."""

    name: str
    text: str


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
