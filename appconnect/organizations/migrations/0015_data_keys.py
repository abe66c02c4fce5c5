from django.db import migrations
from django.db.migrations.exceptions import IrreversibleError

import appconnect.organizations.secrets


def make_data_keys(apps, schema_editor):
    organizations = apps.get_model("organizations", "Organization").objects
    for organization in organizations.filter(data_key__isnull=True):
        organization.data_key = appconnect.organizations.secrets.make_key()
        organization.save(update_fields=["data_key"])


def keep_data_keys(apps, schema_editor):
    """Lose no key that stored values need."""
    if apps.get_model("organizations", "Organization").objects.exists():
        raise IrreversibleError(
            "What is stored is encrypted under the organizations' data keys: "
            "there is no way back."
        )


class Migration(migrations.Migration):
    dependencies = [("organizations", "0014_attempts")]

    operations = [
        # Its default comes after: here it would be stored for every row, the same and
        # in clear.
        migrations.AddField(
            model_name="organization",
            name="data_key",
            field=appconnect.organizations.secrets.SealedField(
                editable=False, null=True
            ),
        ),
        migrations.AlterField(
            model_name="organization",
            name="data_key",
            field=appconnect.organizations.secrets.SealedField(
                default=appconnect.organizations.secrets.make_key,
                editable=False,
                null=True,
            ),
        ),
        migrations.RunPython(make_data_keys, keep_data_keys),
    ]
