from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0009_add_logged_extensions"),
    ]

    operations = [
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
                    ("ALERT_CHANNEL_ADDED", "added a channel for alerts"),
                    ("ALERT_CHANNEL_CHANGED", "changed a channel for alerts"),
                    ("ALERT_CHANNEL_REMOVED", "removed a channel for alerts"),
                    ("ALERT_TEST_SENT", "sent a test alert"),
                    ("ALERT_SETTINGS_CHANGED", "changed when alerts are sent"),
                ],
                max_length=40,
            ),
        ),
    ]
