import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0007_members_and_audit"),
    ]

    operations = [
        migrations.AddField(
            model_name="usermapping",
            name="version",
            field=models.PositiveIntegerField(
                db_default=0,
                default=0,
                help_text="Counts the changes of the row: who changes it says which one.",
            ),
        ),
        migrations.AlterField(
            model_name="usermapping",
            name="match",
            field=models.CharField(
                choices=[
                    ("EMAIL", "by e-mail"),
                    ("NAME", "by name"),
                    ("MANUAL", "by hand"),
                    ("CSV", "from a file"),
                    ("AMBIGUOUS", "several candidates"),
                    ("NONE", "no match"),
                ],
                default="NONE",
                max_length=10,
            ),
        ),
        migrations.CreateModel(
            name="MappingBatch",
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
                ("platform", models.CharField(max_length=60)),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=200)),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("MATCH", "matching"),
                            ("CSV", "a CSV file"),
                            ("BULK", "several at once"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "size",
                    models.PositiveIntegerField(
                        help_text="How many mappings it changed."
                    ),
                ),
                (
                    "changes",
                    models.JSONField(
                        help_text="Objects with `mapping` and `extension`, `crm_user_before`, `match_before`, `crm_user_after`, `match_after`, and the row's `version` after it."
                    ),
                ),
                ("undone_at", models.DateTimeField(null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mapping_batches",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
    ]
