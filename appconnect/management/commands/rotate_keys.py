from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from appconnect.organizations.security.key_rotation import count_by_key, rotate_keys


class Command(BaseCommand):
    help = (
        "Encrypt every organization's keys under the first of ENCRYPTION_KEYS, while the "
        "program runs. Put the new key in front and restart everything first; when this "
        "says that nothing is under the old key any more, that key can go. Fails while "
        "something is."
    )

    def handle(self, **options):
        rotate_keys()
        first_key = next(iter(settings.ENCRYPTION_KEYS))
        counts = count_by_key()
        for key_id in sorted({*counts, *settings.ENCRYPTION_KEYS}):
            self.stdout.write(f"{key_id}: {counts[key_id]} values")
        if left := counts.total() - counts[first_key]:
            raise CommandError(
                f"{left} values are not under {first_key}: their key is missing, they "
                "were moved from another row, or a process still runs with the old "
                "order of keys. Keep the old keys, put that right and run this again."
            )
        self.stdout.write(f"Everything is under {first_key}; other keys can go.")
