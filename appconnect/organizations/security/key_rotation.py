"""Sealing every organization's keys under the first of `ENCRYPTION_KEYS`.

Everything else is sealed under an organization's data key, which never changes.
"""

from collections import Counter
from contextlib import suppress

from django.conf import settings
from django.db import DatabaseError

from appconnect.organizations.models import Organization
from appconnect.organizations.models.sealed import UnreadableSecret, key_id_of


def count_by_key() -> Counter[str]:
    """Return how many values are sealed under each of `ENCRYPTION_KEYS`, by key id."""
    rows = Organization.objects.values_list(*Organization.KEY_FIELDS)
    return Counter(key_id_of(sealed) for row in rows for sealed in row)


def rotate_keys() -> None:
    """Seal the keys anew; the program may run meanwhile.

    What cannot be unsealed stays as it is.
    """
    first_key = next(iter(settings.ENCRYPTION_KEYS))
    for organization in Organization.objects.all():
        for name in Organization.KEY_FIELDS:
            field = Organization._meta.get_field(name)
            sealed = field.value_from_object(organization)
            if key_id_of(sealed) != first_key:
                with suppress(UnreadableSecret):
                    renewed = field.seal(getattr(organization, name), organization)
                    row = Organization.objects.filter(pk=organization.pk)
                    row.update(**{name: renewed})


def find_missing_keys() -> set[str]:
    """Return the ids of keys that stored values need and `ENCRYPTION_KEYS` does not have."""
    try:
        return count_by_key().keys() - settings.ENCRYPTION_KEYS.keys()
    except DatabaseError:  # before the first migration there is no table
        return set()
