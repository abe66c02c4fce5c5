from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0009_add_logged_extensions"),
    ]

    operations = []
