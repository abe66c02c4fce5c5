from django.db import models
from django.utils.translation import gettext_lazy as _

from appconnect.organizations.models.organization import Organization


class ClientSettings(models.Model):
    """What admins set in App Connect's client, as far as it is not ours to know better.

    The logging rules and the user mapping have tables of their own.
    """

    organization = models.OneToOneField(
        Organization, on_delete=models.CASCADE, related_name="client_settings"
    )
    user_settings = models.JSONField(
        default=dict, help_text=_("An object for each key, as the client posted it.")
    )
    custom_adapter = models.JSONField(null=True)
    custom_connector = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "client settings"

    def __str__(self):
        return f"client settings of {self.organization}"


class PersonSettings(models.Model):
    """What one person set in their own client, kept when they sign out of the CRM."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="person_settings"
    )
    extension_id = models.CharField(
        max_length=40, help_text=_("The person's RingCentral extension.")
    )
    user_settings = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "person settings"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "extension_id"],
                name="one_settings_row_per_person",
            )
        ]

    def __str__(self):
        return f"client settings of extension {self.extension_id}"
