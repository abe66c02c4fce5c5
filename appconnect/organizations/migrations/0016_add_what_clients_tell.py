from django.db import migrations, models

import appconnect.organizations.models.server_logging

TOLD = (
    "addCallLogAiNote",
    "addCallLogTranscript",
    "addCallLogRingSenseRecordingTranscript",
    "addCallLogRingSenseRecordingSummary",
    "addCallLogRingSenseRecordingAIScore",
    "addCallLogRingSenseRecordingBulletedSummary",
    "addCallLogRingSenseRecordingLink",
    "addCallLogLegs",
)


def choose_sections(apps, schema_editor):
    """Agents' notes were always written. Whoever wants no text gets none of the rest,
    nor what a client has switched off."""
    ServerLoggingSettings = apps.get_model("organizations", "ServerLoggingSettings")
    ClientSettings = apps.get_model("organizations", "ClientSettings")
    posted = dict(ClientSettings.objects.values_list("organization", "user_settings"))
    for settings in ServerLoggingSettings.objects.all():
        entries = posted.get(settings.organization_id) or {}

        def is_on(key, entries=entries, chosen=settings.note_sections):
            entry = entries.get(key)
            is_off = isinstance(entry, dict) and entry.get("value") is False
            return key in chosen or not is_off

        chosen = settings.note_sections
        sections = ("addCallLogNote", *chosen, *(TOLD if chosen else ()))
        settings.note_sections = [key for key in sections if is_on(key)]
        settings.save(update_fields=["note_sections"])


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0015_data_keys"),
    ]

    operations = [
        migrations.AlterField(
            model_name="serverloggingsettings",
            name="note_sections",
            field=models.JSONField(
                blank=True,
                db_default=[
                    "addCallLogNote",
                    "addCallLogSubject",
                    "addCallLogDateTime",
                    "addCallLogDuration",
                    "addCallLogResult",
                    "addCallLogRecording",
                    *TOLD,
                ],
                default=appconnect.organizations.models.server_logging.default_note_sections,
            ),
        ),
        migrations.RunPython(choose_sections, migrations.RunPython.noop),
    ]
