from django.db import models
from django.utils.translation import gettext_lazy as _

from appconnect.calls.models.reservation import Reservation
from appconnect.organizations.models import Organization


class PlaceholderContact(Reservation):
    """The one contact that is created for a number which the CRM does not know.

    Kept only until the CRM's own search is sure to show it; the number is not in it.
    """

    class Status(models.TextChoices):
        RESERVED = "RESERVED", _("not sent")
        SENDING = "SENDING", _("being sent")
        UNKNOWN = "UNKNOWN", _("sent, no answer")
        CREATED = "CREATED", _("created")

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="placeholder_contacts"
    )
    platform = models.CharField(max_length=60)
    crm_hostname = models.CharField(max_length=253, blank=True)
    number_hash = models.CharField(max_length=64)
    status = models.CharField(
        max_length=10, choices=Status.choices, default=Status.RESERVED
    )
    contact_id = models.CharField(max_length=200, blank=True)
    contact_type = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "platform", "crm_hostname", "number_hash"],
                name="one_placeholder_per_number",
            )
        ]

    def __str__(self):
        return self.contact_id or self.get_status_display()

    @property
    def key(self) -> tuple:
        where = (self.organization_id, self.platform, self.crm_hostname)
        return (*where, self.number_hash)
