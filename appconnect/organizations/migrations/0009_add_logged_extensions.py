from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0008_mapping_batches"),
    ]

    operations = [
        migrations.AddField(
            model_name="extension",
            name="is_logged",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text="Whether its calls are logged at all.",
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
                    ("MAPPING_CHANGED", "changed several mappings"),
                    (
                        "LOGGED_EXTENSIONS_CHANGED",
                        "changed which extensions are logged",
                    ),
                    ("MAPPING_UNDONE", "undid a change of several mappings"),
                ],
                max_length=40,
            ),
        ),
    ]
