import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from appconnect.organizations.models import Organization
from appconnect.organizations.secrets import SealedField


class ContactLookUp(models.Model):
    """What the CRM said whom a number belongs to: asked by one client for all of them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="contact_look_ups"
    )
    question_hash = models.CharField(max_length=64)
    contacts = SealedField()
    looked_up_at = models.DateTimeField(null=True)
    looking_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "question_hash"], name="one_look_up_per_number"
            )
        ]

    def __str__(self):
        return f"a look-up at {self.looked_up_at}"

    def take_lease(self, now: datetime, lease: timedelta) -> bool:
        """Become the only one who asks the CRM, unless somebody else is, or has just been."""
        free = Q(looking_until=None) | Q(looking_until__lte=now)
        mine = type(self).objects.filter(
            free, pk=self.pk, looked_up_at=self.looked_up_at
        )
        return bool(mine.update(looking_until=now + lease))
