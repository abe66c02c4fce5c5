import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0006_fallback_owner"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
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
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=200)),
                ("address", models.GenericIPAddressField(null=True)),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("SETTINGS_CHANGED", "changed the settings"),
                            ("CRM_CHOSEN", "chose the CRM"),
                            ("LOGGING_PAUSED", "paused logging"),
                            ("LOGGING_RESUMED", "resumed logging"),
                            ("EXTENSION_MAPPED", "mapped an extension"),
                        ],
                        max_length=40,
                    ),
                ),
                ("subject", models.CharField(blank=True, max_length=200)),
                (
                    "changes",
                    models.JSONField(
                        default=list,
                        help_text="Objects with `field`, `before` and `after`.",
                    ),
                ),
                (
                    "configuration_version",
                    models.PositiveIntegerField(
                        help_text="The version that this made, or that was in force."
                    ),
                ),
                ("previous_digest", models.CharField(blank=True, max_length=64)),
                (
                    "digest",
                    models.CharField(
                        help_text="Over this entry and the one before: a change breaks the chain.",
                        max_length=64,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="audit_entries",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.RenameModel(old_name="Admin", new_name="Member"),
        migrations.AlterField(
            model_name="member",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="members",
                to="organizations.organization",
            ),
        ),
        migrations.AlterField(
            model_name="member",
            name="user",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="member",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="member",
            name="role",
            field=models.CharField(
                choices=[
                    ("VIEWER", "Viewer"),
                    ("OPERATOR", "Operator"),
                    ("ADMIN", "Admin"),
                ],
                db_default="ADMIN",
                default="ADMIN",
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(
                fields=["organization", "configuration_version"],
                name="audit_by_version",
            ),
        ),
    ]
