from django.db import models

from appconnect.organizations.models import Organization


class AcknowledgedCause(models.Model):
    """A cause that a person acknowledged: it is muted until it holds back another call."""

    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        related_name="acknowledged_causes",
        db_index=False,
    )
    key = models.CharField(max_length=80)
    at = models.DateTimeField()
    by = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "key"], name="acknowledged_once"
            )
        ]

    def __str__(self):
        return f"{self.key}, acknowledged by {self.by}"
