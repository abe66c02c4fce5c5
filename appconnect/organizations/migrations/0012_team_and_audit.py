from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0011_describe_do_not_log_numbers"),
    ]

    operations = [
        migrations.AddField(
            model_name="member",
            name="session_number",
            field=models.PositiveIntegerField(
                db_default=0,
                default=0,
                help_text="A session that began under another number has ended.",
            ),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="action",
            field=models.CharField(
                choices=[
                    ("SETTINGS_CHANGED", "changed the settings"),
                    ("CRM_CHOSEN", "chose the CRM"),
                    ("CONNECTION_TESTED", "tested the connection"),
                    ("DO_NOT_LOG_CHANGED", "changed the do-not-log list"),
                    ("SUBSCRIPTION_REPLACED", "subscribed at RingCentral anew"),
                    ("LOGGING_PAUSED", "paused logging"),
                    ("LOGGING_RESUMED", "resumed logging"),
                    ("EXTENSION_MAPPED", "mapped an extension"),
                    ("MAPPING_CHANGED", "changed several mappings"),
                    (
                        "LOGGED_EXTENSIONS_CHANGED",
                        "changed which extensions are logged",
                    ),
                    ("MAPPING_UNDONE", "undid a change of several mappings"),
                    ("ALERT_CHANNEL_ADDED", "added a channel for alerts"),
                    ("ALERT_CHANNEL_CHANGED", "changed a channel for alerts"),
                    ("ALERT_CHANNEL_REMOVED", "removed a channel for alerts"),
                    ("ALERT_TEST_SENT", "sent a test alert"),
                    ("ALERT_SETTINGS_CHANGED", "changed when alerts are sent"),
                    ("RETENTION_CHANGED", "changed how long calls are kept"),
                    ("NUMBER_ERASED", "erased a number"),
                    ("NUMBER_EXPORTED", "exported what is kept about a number"),
                    ("CALLS_TRIED_AGAIN", "had held calls tried again"),
                    ("CALLS_HELD_AGAIN", "cancelled trying calls again"),
                    ("CALLS_LEFT", "left held calls unlogged"),
                    ("OUTCOME_DECIDED", "decided about an unknown outcome"),
                    ("CONTACT_CHOSEN", "chose the contact of a call"),
                    (
                        "NUMBER_EXCLUDED",
                        "put the number of a call on the do-not-log list",
                    ),
                    ("NUMBER_SHOWN", "had the number of a call shown"),
                    ("CAUSE_ACKNOWLEDGED", "acknowledged a cause"),
                    ("RINGCENTRAL_CONNECTED", "connected RingCentral"),
                    ("CRM_CONNECTED", "signed in to the CRM"),
                    ("CRM_DISCONNECTED", "signed out of the CRM"),
                    ("MEMBER_ADDED", "added a person"),
                    ("ROLE_CHANGED", "changed a role"),
                    ("MEMBER_REMOVED", "removed a person"),
                    ("PASSWORD_LINK_MADE", "made a link to set a password"),
                    ("PASSWORD_SET", "set their password"),
                    ("SIGNED_IN", "signed in"),
                    ("SIGNED_OUT", "signed out"),
                    ("SIGN_IN_FAILED", "was not signed in"),
                    ("ACCESS_DENIED", "was denied access"),
                    ("DRY_RUN", "asked what would happen to a call"),
                ],
                max_length=40,
            ),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["organization", "at"], name="audit_by_time"),
        ),
    ]
