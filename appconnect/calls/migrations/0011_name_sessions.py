from django.db import migrations, models

BATCH_SIZE = 500


def name_sessions(apps, schema_editor):
    """Give the records of earlier releases their calls' shorter names."""
    logs = apps.get_model("calls", "CallLog").objects
    events = apps.get_model("calls", "CallEvent").objects
    of_log = events.filter(pk=models.OuterRef("call_event_id")).values("session_id")
    unnamed = logs.filter(session_id="", call_event__session_id__gt="")
    while keys := list(unnamed.values_list("pk", flat=True)[:BATCH_SIZE]):
        logs.filter(pk__in=keys).update(session_id=models.Subquery(of_log))


class Migration(migrations.Migration):
    # Batch by batch, so that calls are logged meanwhile. Interrupted, it is begun again
    # and goes on with those that have no name.
    atomic = False

    dependencies = [
        ("calls", "0010_posted_calls"),
    ]

    operations = [
        migrations.RunPython(
            name_sessions, migrations.RunPython.noop, atomic=False, elidable=True
        ),
    ]
