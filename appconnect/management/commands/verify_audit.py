from django.core.management.base import BaseCommand, CommandError

from appconnect.organizations.models import Organization
from appconnect.organizations.security.audit_chain import find_broken_entry


class Command(BaseCommand):
    help = (
        "Check that no entry of an audit log was changed, and none removed between "
        "others. Names the first broken one of each organization, and fails."
    )

    def handle(self, **options):
        broken = []
        for organization in Organization.objects.order_by("name", "pk"):
            entry = find_broken_entry(organization)
            if entry is None:
                self.stdout.write(f"{organization}: the audit log is whole.")
            else:
                broken.append(
                    f"{organization}: entry {entry.pk} of {entry.at.isoformat()} was "
                    "changed, or the one before it was changed or removed."
                )
        if broken:
            raise CommandError("\n".join(broken))
