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
    ]
