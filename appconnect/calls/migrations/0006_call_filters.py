from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("calls", "0005_placeholder_contact"),
        ("organizations", "0007_members_and_audit"),
    ]

    operations = [
        migrations.AddField(
            model_name="callevent",
            name="contact_number_hash",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="`Organization.number_hash` of the other side's number.",
                max_length=64,
            ),
        ),
        migrations.AddIndex(
            model_name="callevent",
            index=models.Index(
                fields=["organization", "reason", "-started_at", "-id"],
                name="call_event_by_reason",
            ),
        ),
        migrations.AddIndex(
            model_name="callevent",
            index=models.Index(
                fields=["organization", "extension_id", "-started_at", "-id"],
                name="call_event_by_extension",
            ),
        ),
        migrations.AddIndex(
            model_name="callevent",
            index=models.Index(
                fields=["organization", "direction", "-started_at", "-id"],
                name="call_event_by_direction",
            ),
        ),
        migrations.AddIndex(
            model_name="callevent",
            index=models.Index(
                fields=["organization", "contact_number_hash", "-started_at", "-id"],
                name="call_event_by_number",
            ),
        ),
        migrations.AddIndex(
            model_name="callevent",
            index=models.Index(
                fields=["organization", "session_id"], name="call_event_by_session"
            ),
        ),
        migrations.AddIndex(
            model_name="callevent",
            index=models.Index(
                condition=models.Q(("next_attempt_at__isnull", False)),
                fields=["organization", "-started_at", "-id"],
                name="call_event_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="callevent",
            index=models.Index(
                condition=models.Q(("was_recovered", True)),
                fields=["organization", "-started_at", "-id"],
                name="call_event_recovered",
            ),
        ),
        migrations.AddIndex(
            model_name="callevent",
            index=models.Index(
                condition=models.Q(("redrive__isnull", False)),
                fields=["organization", "-started_at", "-id"],
                name="call_event_redriven",
            ),
        ),
        migrations.AddIndex(
            model_name="callevent",
            index=models.Index(
                condition=models.Q(("details__isnull", False)),
                fields=["organization", "started_at"],
                name="call_event_identifiable",
            ),
        ),
        migrations.AddIndex(
            model_name="calllog",
            index=models.Index(
                fields=["organization", "crm_log_id"], name="call_log_by_crm_id"
            ),
        ),
    ]
