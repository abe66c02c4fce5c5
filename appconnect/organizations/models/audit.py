from django.db import models
from django.utils.translation import gettext_lazy as _

from appconnect.organizations.models.organization import Organization


class AuditEntry(models.Model):
    """One thing that a person or this program did, from where, and the values it replaced.

    Triggers of the database keep entries from being changed: see `audit_triggers`.
    """

    class Action(models.TextChoices):
        SETTINGS_CHANGED = "SETTINGS_CHANGED", _("changed the settings")
        CRM_CHOSEN = "CRM_CHOSEN", _("chose the CRM")
        CONNECTION_TESTED = "CONNECTION_TESTED", _("tested the connection")
        DO_NOT_LOG_CHANGED = "DO_NOT_LOG_CHANGED", _("changed the do-not-log list")
        SUBSCRIPTION_REPLACED = "SUBSCRIPTION_REPLACED", _("renewed notifications")
        LOGGING_PAUSED = "LOGGING_PAUSED", _("paused logging")
        LOGGING_RESUMED = "LOGGING_RESUMED", _("resumed logging")
        EXTENSION_MAPPED = "EXTENSION_MAPPED", _("mapped an extension")
        MAPPING_CHANGED = "MAPPING_CHANGED", _("changed mappings")
        LOGGED_EXTENSIONS_CHANGED = (
            "LOGGED_EXTENSIONS_CHANGED",
            _("changed which extensions are logged"),
        )
        MAPPING_UNDONE = "MAPPING_UNDONE", _("undid mapping changes")
        ALERT_CHANNEL_ADDED = "ALERT_CHANNEL_ADDED", _("added an alert channel")
        ALERT_CHANNEL_CHANGED = "ALERT_CHANNEL_CHANGED", _("changed an alert channel")
        ALERT_CHANNEL_REMOVED = "ALERT_CHANNEL_REMOVED", _("removed an alert channel")
        ALERT_TEST_SENT = "ALERT_TEST_SENT", _("sent a test alert")
        ALERT_SETTINGS_CHANGED = (
            "ALERT_SETTINGS_CHANGED",
            _("changed the alert schedule"),
        )
        RETENTION_CHANGED = "RETENTION_CHANGED", _("changed retention")
        NUMBER_ERASED = "NUMBER_ERASED", _("erased a number")
        NUMBER_EXPORTED = "NUMBER_EXPORTED", _("exported a number")
        CALLS_TRIED_AGAIN = "CALLS_TRIED_AGAIN", _("retried calls")
        CALLS_HELD_AGAIN = "CALLS_HELD_AGAIN", _("canceled a retry")
        CALLS_LEFT = "CALLS_LEFT", _("dismissed calls")
        OUTCOME_DECIDED = "OUTCOME_DECIDED", _("decided an unknown outcome")
        CONTACT_CHOSEN = "CONTACT_CHOSEN", _("chose a contact")
        NUMBER_EXCLUDED = "NUMBER_EXCLUDED", _("added a number to the do-not-log list")
        NUMBER_SHOWN = "NUMBER_SHOWN", _("viewed a number")
        CAUSE_ACKNOWLEDGED = "CAUSE_ACKNOWLEDGED", _("muted a cause")
        RINGCENTRAL_CONNECTED = "RINGCENTRAL_CONNECTED", _("connected RingCentral")
        CRM_CONNECTED = "CRM_CONNECTED", _("signed in to the CRM")
        CRM_DISCONNECTED = "CRM_DISCONNECTED", _("signed out of the CRM")
        MANAGED_KEY_CHANGED = (
            "MANAGED_KEY_CHANGED",
            _("changed a CRM key for others"),
        )
        MEMBER_ADDED = "MEMBER_ADDED", _("added a person")
        ROLE_CHANGED = "ROLE_CHANGED", _("changed a role")
        MEMBER_REMOVED = "MEMBER_REMOVED", _("removed a person")
        PASSWORD_LINK_MADE = "PASSWORD_LINK_MADE", _("created a password link")
        PASSWORD_SET = "PASSWORD_SET", _("set their password")
        SECOND_FACTOR_ADDED = "SECOND_FACTOR_ADDED", _("added a second factor")
        SECOND_FACTOR_REMOVED = "SECOND_FACTOR_REMOVED", _("removed a second factor")
        SECOND_FACTOR_RESET = "SECOND_FACTOR_RESET", _("reset a second factor")
        SECOND_FACTOR_REQUIRED = (
            "SECOND_FACTOR_REQUIRED",
            _("changed who needs a second factor"),
        )
        RECOVERY_CODES_MADE = "RECOVERY_CODES_MADE", _("made recovery codes")
        SIGNED_IN = "SIGNED_IN", _("signed in")
        SIGNED_OUT = "SIGNED_OUT", _("signed out")
        SESSIONS_ENDED = "SESSIONS_ENDED", _("ended sessions")
        SIGN_IN_FAILED = "SIGN_IN_FAILED", _("failed to sign in")
        ACCESS_DENIED = "ACCESS_DENIED", _("was denied access")
        DRY_RUN = "DRY_RUN", _("simulated a call")

    CONFIGURING = (
        Action.SETTINGS_CHANGED,
        Action.CRM_CHOSEN,
        Action.DO_NOT_LOG_CHANGED,
        Action.NUMBER_EXCLUDED,
        Action.LOGGING_PAUSED,
        Action.LOGGING_RESUMED,
        Action.EXTENSION_MAPPED,
        Action.MAPPING_CHANGED,
        Action.MAPPING_UNDONE,
        Action.LOGGED_EXTENSIONS_CHANGED,
        Action.CRM_CONNECTED,
        Action.CRM_DISCONNECTED,
    )
    """Each of these makes a new version of the configuration."""

    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        related_name="audit_entries",
        db_index=False,
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
