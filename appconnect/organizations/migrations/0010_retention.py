import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0009_add_logged_extensions"),
    ]

    operations = [
        migrations.CreateModel(
            name="Retention",
            fields=[
                (
                    "organization",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="retention",
                        serialize=False,
                        to="organizations.organization",
                    ),
                ),
                (
                    "identity_days",
                    models.PositiveSmallIntegerField(
                        default=90,
                        help_text="Number, name and links to the recording. 1 to 365 days after the call.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(365),
                        ],
                        verbose_name="Keep who called for (days)",
                    ),
                ),
                (
                    "work_state_days",
                    models.PositiveSmallIntegerField(
                        default=400,
                        help_text="State, ids, times and timeline. Not shorter than the first. Then nothing is left of the call here.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(3650),
                        ],
                        verbose_name="Keep what became of a call for (days)",
                    ),
                ),
                (
                    "is_on_hold",
                    models.BooleanField(
                        default=False,
                        help_text="Neither when its days are over nor for one number.",
                        verbose_name="Legal hold: nothing is deleted",
                    ),
                ),
                ("purged_at", models.DateTimeField(null=True)),
                ("forgotten", models.PositiveIntegerField(default=0)),
                ("deleted", models.PositiveIntegerField(default=0)),
                ("deleted_until", models.DateTimeField(null=True)),
            ],
        ),
    ]
