from django.db import models
from django.utils.translation import gettext_lazy as _

from appconnect.organizations.models.crm import CrmUser
from appconnect.organizations.models.organization import Organization
from appconnect.organizations.models.ringcentral import Extension


class UserMappingQuerySet(models.QuerySet):
    def mapped(self):
        return self.filter(crm_user__isnull=False)

    def unmapped(self):
        return self.filter(crm_user__isnull=True)

    def ambiguous(self):
        return self.filter(match=UserMapping.Match.AMBIGUOUS)


class UserMapping(models.Model):
    """Which CRM user owns the calls of an extension, and how that was found out."""

    class Match(models.TextChoices):
        EMAIL = "EMAIL", _("by e-mail")
        NAME = "NAME", _("by name")
        MANUAL = "MANUAL", _("by hand")
        AMBIGUOUS = "AMBIGUOUS", _("several candidates")
        NONE = "NONE", _("no match")

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="user_mappings"
    )
    platform = models.CharField(max_length=60)
    extension = models.ForeignKey(
        Extension, on_delete=models.CASCADE, related_name="user_mappings"
    )
    crm_user = models.ForeignKey(
        CrmUser, null=True, on_delete=models.SET_NULL, related_name="user_mappings"
    )
    match = models.CharField(max_length=10, choices=Match.choices, default=Match.NONE)

    objects = UserMappingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "platform", "extension"],
                name="one_crm_user_per_extension",
            )
        ]

    def __str__(self):
        return f"{self.extension} → {self.crm_user or 'nobody'}"
