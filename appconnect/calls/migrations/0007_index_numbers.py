import hmac
from hashlib import sha256

from django.db import migrations

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
    # In one transaction the calls would be locked until the last number is indexed.
    # Interrupted, it is begun again and goes on with those that have none.
    atomic = False

    dependencies = [
        ("calls", "0006_call_filters"),
    ]

    operations = [
        migrations.RunPython(
            index_numbers, migrations.RunPython.noop, atomic=False, elidable=True
        ),
    ]
