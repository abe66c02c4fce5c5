from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0013_describe_do_not_log_numbers"),
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
                    ("LOGGING_PAUSED", "paused logging"),
                    ("LOGGING_RESUMED", "resumed logging"),
                    ("EXTENSION_MAPPED", "mapped an extension"),
                    ("RINGCENTRAL_CONNECTED", "connected RingCentral"),
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
