import uuid

import django.db.models.deletion
from django.db import migrations, models

import appconnect.organizations.models.sealed


class Migration(migrations.Migration):
    replaces = [
        ("monitoring", "0001_initial"),
        ("monitoring", "0002_name_alerts_plainly"),
        ("monitoring", "0003_drop_redundant_indexes"),
    ]

    initial = True

    dependencies = [
        ("organizations", "0001_squashed_0014_drop_redundant_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="AlertSettings",
            fields=[
                (
                    "organization",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="alert_settings",
                        serialize=False,
                        to="organizations.organization",
                    ),
                ),
                (
                    "quiet_from",
                    models.TimeField(
                        blank=True, null=True, verbose_name="quiet hours begin"
                    ),
                ),
                (
                    "quiet_until",
                    models.TimeField(
                        blank=True, null=True, verbose_name="quiet hours end"
                    ),
                ),
                (
                    "reminder_days",
                    models.JSONField(
                        default=list,
                        help_text="After so many days an open alert is told again.",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PeriodicJob",
            fields=[
                (
                    "name",
                    models.CharField(max_length=60, primary_key=True, serialize=False),
                ),
                ("run_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="WorkerHeartbeat",
            fields=[
                (
                    "name",
                    models.CharField(max_length=100, primary_key=True, serialize=False),
                ),
                ("beat_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Alert",
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
                    "kind",
                    models.CharField(
                        choices=[
                            ("RINGCENTRAL_DISCONNECTED", "RingCentral disconnected"),
                            ("CREDENTIALS_REJECTED", "CRM password rejected"),
                            ("CRM_NOT_ANSWERING", "CRM not responding"),
                            ("WORKER_GONE", "No worker is running"),
                            ("SUBSCRIPTION_FAILED", "Call notifications down"),
                            ("SYNC_BEHIND", "Call log sync behind"),
                            ("SILENCE", "Unusually quiet"),
                            ("NOTHING_LOGGED", "Calls arrive, none are logged"),
                            ("QUEUE_AGE", "Queue delayed"),
                            ("NEEDS_ATTENTION", "Calls need attention"),
                            ("ALERT_NOT_DELIVERED", "Alert not delivered"),
                        ],
                        max_length=30,
                    ),
                ),
                (
                    "severity",
                    models.CharField(
                        choices=[("STOPPED", "Stopped"), ("DEGRADED", "Degraded")],
                        max_length=10,
                    ),
                ),
                ("sentence", models.TextField()),
                ("page", models.CharField(max_length=60)),
                (
                    "count",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="How many calls it concerned when last seen.",
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("last_seen_at", models.DateTimeField()),
                ("gone_since", models.DateTimeField(null=True)),
                ("resolved_at", models.DateTimeField(null=True)),
                ("reminders", models.PositiveSmallIntegerField(default=0)),
                ("told_at", models.DateTimeField(null=True)),
                (
                    "told_count",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="How many calls it concerned when last told, and still does.",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alerts",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["organization", "-opened_at"], name="alert_recent"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("resolved_at", None)),
                        fields=("organization", "kind"),
                        name="one_open_alert_per_kind",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AlertChannel",
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
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("ADMINS", "All admins"),
                            ("EMAIL", "Email"),
                            ("WEBHOOK", "Webhook"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "address",
                    appconnect.organizations.models.sealed.SealedField(
                        editable=False, null=True
                    ),
                ),
                (
                    "signing_secrets",
                    appconnect.organizations.models.sealed.SealedField(
                        editable=False, null=True
                    ),
                ),
                ("is_enabled", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField()),
                ("tested_at", models.DateTimeField(null=True)),
                ("last_attempt_at", models.DateTimeField(null=True)),
                ("last_result", models.CharField(blank=True, max_length=300)),
                ("failing_since", models.DateTimeField(null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alert_channels",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "ordering": ["created_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="AlertMessage",
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
                    "event",
                    models.CharField(
                        choices=[
                            ("OPENED", "New"),
                            ("REMINDER", "Reminder"),
                            ("RESOLVED", "Resolved"),
                        ],
                        max_length=10,
                    ),
                ),
                ("due_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("sent_at", models.DateTimeField(null=True)),
                (
                    "alert",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="monitoring.alert",
                    ),
                ),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="monitoring.alertchannel",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            ("due_at__isnull", False), ("sent_at", None)
                        ),
                        fields=["due_at"],
                        name="alert_message_due",
                    )
                ],
            },
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
                        db_index=False,
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
