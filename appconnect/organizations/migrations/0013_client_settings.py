import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0012_team_and_audit"),
    ]

    operations = [
        migrations.AlterField(
            model_name="mappingbatch",
            name="source",
            field=models.CharField(
                choices=[
                    ("MATCH", "matching"),
                    ("CSV", "a CSV file"),
                    ("BULK", "several at once"),
                    ("CLIENT", "App Connect's client"),
                ],
                max_length=10,
            ),
        ),
        migrations.CreateModel(
            name="ClientSettings",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "user_settings",
                    models.JSONField(
                        default=dict,
                        help_text="An object for each key, as the client posted it.",
                    ),
                ),
                ("custom_adapter", models.JSONField(null=True)),
                ("custom_connector", models.JSONField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "organization",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="client_settings",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "client settings",
            },
        ),
        migrations.CreateModel(
            name="PersonSettings",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "extension_id",
                    models.CharField(
                        help_text="The person's RingCentral extension.", max_length=40
                    ),
                ),
                ("user_settings", models.JSONField(default=dict)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="person_settings",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "person settings",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "extension_id"),
                        name="one_settings_row_per_person",
                    )
                ],
            },
        ),
    ]
