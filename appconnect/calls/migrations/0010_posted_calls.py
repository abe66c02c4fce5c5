import uuid

import django.db.models.deletion
from django.db import migrations, models

import appconnect.organizations.secrets


class Migration(migrations.Migration):
    dependencies = [
        ("calls", "0009_needs_attention"),
        ("organizations", "0007_members_and_audit"),
    ]

    operations = [
        migrations.CreateModel(
            name="CachedNote",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("session_id", models.CharField(max_length=200)),
                (
                    "note",
                    appconnect.organizations.secrets.SealedField(
                        editable=False, null=True
                    ),
                ),
                ("expires_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="ContactLookUp",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("question_hash", models.CharField(max_length=64)),
                (
                    "contacts",
                    appconnect.organizations.secrets.SealedField(
                        editable=False, null=True
                    ),
                ),
                ("looked_up_at", models.DateTimeField(null=True)),
                ("looking_until", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="PostedDetails",
            fields=[
                (
                    "call_log",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="posted_details",
                        serialize=False,
                        to="calls.calllog",
                    ),
                ),
                (
                    "details",
                    appconnect.organizations.secrets.SealedField(
                        editable=False, null=True
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="calllog",
            name="session_id",
            field=models.CharField(
                blank=True,
                db_default="",
                help_text="RingCentral's shorter name of the call, which clients ask by.",
                max_length=40,
            ),
        ),
        migrations.AddIndex(
            model_name="calllog",
            index=models.Index(
                fields=["organization", "session_id"], name="call_log_by_session"
            ),
        ),
        migrations.AddField(
            model_name="cachednote",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="cached_notes",
                to="organizations.organization",
            ),
        ),
        migrations.AddField(
            model_name="contactlookup",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="contact_look_ups",
                to="organizations.organization",
            ),
        ),
        migrations.AddConstraint(
            model_name="cachednote",
            constraint=models.UniqueConstraint(
                fields=("organization", "session_id"), name="one_note_per_session"
            ),
        ),
        migrations.AddConstraint(
            model_name="contactlookup",
            constraint=models.UniqueConstraint(
                fields=("organization", "question_hash"), name="one_look_up_per_number"
            ),
        ),
    ]
