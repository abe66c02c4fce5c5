import django.db.models.deletion
from django.db import migrations, models

import appconnect.organizations.secrets


class Migration(migrations.Migration):
    dependencies = [
        ("calls", "0008_alerts"),
        ("organizations", "0007_members_and_audit"),
    ]

    operations = [
        migrations.AddField(
            model_name="callevent",
            name="chosen_contact",
            field=appconnect.organizations.secrets.SealedField(
                editable=False, null=True
            ),
        ),
        migrations.AddField(
            model_name="callevent",
            name="contact_candidates",
            field=appconnect.organizations.secrets.SealedField(
                editable=False, null=True
            ),
        ),
        migrations.CreateModel(
            name="AcknowledgedCause",
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
                ("key", models.CharField(max_length=80)),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=200)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="acknowledged_causes",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "key"), name="acknowledged_once"
                    )
                ],
            },
        ),
    ]
