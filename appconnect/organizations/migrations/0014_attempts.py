from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0013_client_settings"),
    ]

    operations = [
        migrations.CreateModel(
            name="Attempts",
            fields=[
                (
                    "key",
                    models.CharField(max_length=64, primary_key=True, serialize=False),
                ),
                ("count", models.PositiveIntegerField(default=0)),
                ("refused_until", models.DateTimeField(null=True)),
                ("last_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(db_index=True)),
            ],
        ),
    ]
