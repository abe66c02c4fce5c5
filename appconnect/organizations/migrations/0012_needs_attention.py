from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0011_retention"),
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
                    ("CALLS_TRIED_AGAIN", "had held calls tried again"),
                    ("CALLS_LEFT", "left held calls unlogged"),
                    ("OUTCOME_DECIDED", "decided about an unknown outcome"),
                    ("CONTACT_CHOSEN", "chose the contact of a call"),
                    (
                        "NUMBER_EXCLUDED",
                        "put the number of a call on the do-not-log list",
                    ),
                    ("NUMBER_SHOWN", "had the number of a call shown"),
                    ("CAUSE_ACKNOWLEDGED", "acknowledged a cause"),
                ],
                max_length=40,
            ),
        ),
    ]
