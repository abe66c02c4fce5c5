from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0010_retention"),
    ]

    operations = [
        migrations.AddField(
            model_name="donotlognumber",
            name="added_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="donotlognumber",
            name="added_by",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=200
            ),
        ),
        migrations.AddField(
            model_name="donotlognumber",
            name="label",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                max_length=100,
                verbose_name="label",
            ),
        ),
        migrations.AddField(
            model_name="ringcentralconnection",
            name="scopes",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="What RingCentral granted, separated by spaces; empty: not known.",
            ),
        ),
        migrations.AlterField(
            model_name="loggingsubscription",
            name="status",
            field=models.CharField(
                choices=[
                    ("CREATING", "being created"),
                    ("ACTIVE", "active"),
                    ("REPLACED", "being replaced"),
                    ("FAILED", "failed"),
                ],
                default="CREATING",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="organization",
            name="region",
            field=models.CharField(
                blank=True,
                help_text="ISO 3166 country that national phone numbers belong to; empty: not known.",
                max_length=2,
                verbose_name="country of national numbers",
            ),
        ),
    ]
