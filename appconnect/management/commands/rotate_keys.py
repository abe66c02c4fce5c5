from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from appconnect.organizations.security.key_rotation import count_by_key, rotate_keys


class Command(BaseCommand):
    help = (
        "Encrypt every organization's keys with the first of ENCRYPTION_KEYS, while the "
        "program runs. First add the new key in front and restart everything. Once this "
        "says that the old keys are unused, remove them. Fails while one is in use."
    )

    def handle(self, **options):
        rotate_keys()
        first_key = next(iter(settings.ENCRYPTION_KEYS))
        counts = count_by_key()
        for key_id in sorted({*counts, *settings.ENCRYPTION_KEYS}):
            self.stdout.write(f"{key_id}: {counts[key_id]} values")
        if left := counts.total() - counts[first_key]:
            raise CommandError(
                f"{left} values are not encrypted with {first_key}: their key is missing, "
                "they were moved from another row, or a process still runs with the old "
                "order of keys. Keep the old keys, fix that and run this again."
            )
        self.stdout.write(
            f"Everything is encrypted with {first_key}. You can remove the other keys."
        )
