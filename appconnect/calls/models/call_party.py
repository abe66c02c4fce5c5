from django.db import models

from appconnect.calls.models.call_event import CallEvent
from appconnect.ringcentral.notifications import PartyChange


class CallParty(models.Model):
    """One party of a call, as the newest notification about it says."""

    call_event = models.ForeignKey(
        CallEvent, on_delete=models.CASCADE, related_name="parties"
    )
    party_id = models.CharField(max_length=200)
    extension_id = models.CharField(max_length=40, blank=True)
    sequence = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=40)
    reason = models.CharField(max_length=60, blank=True)
    has_ended = models.BooleanField(default=False)
    was_answered = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "call parties"
        constraints = [
            models.UniqueConstraint(
                fields=["call_event", "party_id"], name="one_row_per_party"
            )
        ]

    def __str__(self):
        return f"{self.party_id}: {self.status}"

    def hear(self, change: PartyChange) -> bool:
        """Take in a change unless it is old news; tell whether anything was new."""
        is_new = self._state.adding
        was = (self.sequence, self.was_answered)
        self.was_answered = self.was_answered or change.is_answered
        if is_new or change.sequence > self.sequence:
            self.sequence = change.sequence
            self.extension_id = change.extension_id
            self.status, self.reason = change.status[:40], change.reason[:60]
            self.has_ended = change.has_ended
        is_news = is_new or was != (self.sequence, self.was_answered)
        if is_news:
            self.save()
        return is_news
