import uuid

import django.db.models.deletion
from django.db import migrations, models

import appconnect.organizations.secrets


class Migration(migrations.Migration):
    dependencies = [
        ("calls", "0007_index_numbers"),
        ("organizations", "0007_members_and_audit"),
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
        migrations.AddField(
            model_name="crmcircuit",
            name="opened_at",
            field=models.DateTimeField(
                help_text="When the CRM stopped answering, if it still does not.",
                null=True,
            ),
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
                            (
                                "RINGCENTRAL_DISCONNECTED",
                                "RingCentral must be connected again",
                            ),
                            ("CREDENTIALS_REJECTED", "The CRM refuses the credentials"),
                            ("CRM_NOT_ANSWERING", "The CRM does not answer"),
                            ("WORKER_GONE", "No worker is running"),
                            (
                                "SUBSCRIPTION_FAILED",
                                "RingCentral does not notify this program of calls",
                            ),
                            ("FEED_BEHIND", "RingCentral's call log is not read"),
                            ("SILENCE", "Unusual silence"),
                            ("QUEUE_AGE", "Calls wait too long"),
                            ("NEEDS_ATTENTION", "Calls need a person"),
                            ("ALERT_NOT_DELIVERED", "An alert could not be delivered"),
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
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alerts",
                        to="organizations.organization",
                    ),
                ),
            ],
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
                            ("ADMINS", "E-mail to every admin"),
                            ("EMAIL", "E-mail"),
                            ("WEBHOOK", "Webhook"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "address",
                    appconnect.organizations.secrets.SealedField(
                        editable=False, null=True
                    ),
                ),
                (
                    "signing_secrets",
                    appconnect.organizations.secrets.SealedField(
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
                        to="calls.alert",
                    ),
                ),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="calls.alertchannel",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                fields=["organization", "-opened_at"], name="alert_recent"
            ),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.UniqueConstraint(
                condition=models.Q(("resolved_at", None)),
                fields=("organization", "kind"),
                name="one_open_alert_per_kind",
            ),
        ),
        migrations.AddIndex(
            model_name="alertmessage",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False), ("sent_at", None)),
                fields=["due_at"],
                name="alert_message_due",
            ),
        ),
    ]
