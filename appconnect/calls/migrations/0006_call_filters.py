import hmac
from hashlib import sha256

from django.db import migrations, models

from appconnect.organizations.secrets import UnreadableSecret

BATCH_SIZE = 500


def index_numbers(apps, schema_editor):
    """Fill in the index of the numbers of calls that are there already."""
    Organization = apps.get_model("organizations", "Organization")
    for organization in Organization.objects.all():
        key = bytes.fromhex(organization.index_key)
        calls = organization.call_events.filter(
            details__isnull=False, contact_number_hash=""
        ).only("organization_id", "direction", "details")
        batch = []
        for call in calls.iterator(chunk_size=BATCH_SIZE):
            number = number_of(call)
            if number:
                text = f"number:{number}".encode()
                call.contact_number_hash = hmac.digest(key, text, sha256).hex()
                batch.append(call)
            if len(batch) == BATCH_SIZE:
                calls.bulk_update(batch, ["contact_number_hash"])
                batch = []
        calls.bulk_update(batch, ["contact_number_hash"])


def number_of(call):
    side = "caller" if call.direction == "Inbound" else "callee"
    try:
        return (call.details.get(side) or {}).get("phone_number", "")
    except UnreadableSecret:  # its key is gone: so is the number
        return ""


class Migration(migrations.Migration):
    # In one transaction the table would be locked until the last number is indexed.
    atomic = False

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
        migrations.RunPython(
            index_numbers, migrations.RunPython.noop, atomic=False, elidable=True
        ),
    ]
