from django.db import models
from django.utils.translation import gettext_lazy as _

from appconnect.organizations.models.organization import Organization


class AuditEntry(models.Model):
    """One thing that somebody did: who, what, from where, and what it was before.

    The database itself keeps entries from being changed: see `audit_triggers`, which
    sets its triggers up anew after every migration.
    """

    class Action(models.TextChoices):
        SETTINGS_CHANGED = "SETTINGS_CHANGED", _("changed the settings")
        CRM_CHOSEN = "CRM_CHOSEN", _("chose the CRM")
        LOGGING_PAUSED = "LOGGING_PAUSED", _("paused logging")
        LOGGING_RESUMED = "LOGGING_RESUMED", _("resumed logging")
        EXTENSION_MAPPED = "EXTENSION_MAPPED", _("mapped an extension")
        RINGCENTRAL_CONNECTED = "RINGCENTRAL_CONNECTED", _("connected RingCentral")
        MEMBER_ADDED = "MEMBER_ADDED", _("added a person")
        ROLE_CHANGED = "ROLE_CHANGED", _("changed a role")
        MEMBER_REMOVED = "MEMBER_REMOVED", _("removed a person")
        PASSWORD_LINK_MADE = "PASSWORD_LINK_MADE", _("made a link to set a password")
        PASSWORD_SET = "PASSWORD_SET", _("set their password")
        SIGNED_IN = "SIGNED_IN", _("signed in")
        SIGNED_OUT = "SIGNED_OUT", _("signed out")
        SIGN_IN_FAILED = "SIGN_IN_FAILED", _("was not signed in")
        ACCESS_DENIED = "ACCESS_DENIED", _("was denied access")
        DRY_RUN = "DRY_RUN", _("asked what would happen to a call")

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="audit_entries"
    )
    at = models.DateTimeField()
    actor = models.CharField(max_length=200)
    address = models.GenericIPAddressField(null=True)
    action = models.CharField(max_length=40, choices=Action.choices)
    subject = models.CharField(max_length=200, blank=True)
    changes = models.JSONField(
        default=list, help_text=_("Objects with `field`, `before` and `after`.")
    )
    configuration_version = models.PositiveIntegerField(
        help_text=_("The version that this made, or that was in force.")
    )
    previous_digest = models.CharField(max_length=64, blank=True)
    digest = models.CharField(
        max_length=64,
        help_text=_("Over this entry and the one before: a change breaks the chain."),
    )

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["organization", "configuration_version"],
                name="audit_by_version",
            ),
            models.Index(fields=["organization", "at"], name="audit_by_time"),
        ]

    def __str__(self):
        return f"{self.actor} {self.get_action_display()}"
