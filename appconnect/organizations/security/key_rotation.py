"""Bringing every data key, and what is under no data key yet, to the first of `ENCRYPTION_KEYS`."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, models
from django.db.models.functions import StrIndex, Substr

from appconnect.organizations.models import Organization
from appconnect.organizations.models.sealed import (
    SealedField,
    UnreadableSecret,
    key_id_of,
    make_key,
)

BATCH_SIZE = 200
MAX_PASSES = 10
"""A process that still has the old order of keys would keep it busy for ever."""
AFTER_VERSION = len("v1.") + 1


def sealed_fields() -> Iterator[tuple[type[models.Model], SealedField]]:
    """Return every sealed field of every model."""
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, SealedField):
                yield model, field


def count_by_key() -> Counter[str]:
    """Return how many stored values are under each of `ENCRYPTION_KEYS`."""
    counts = Counter()
    for model, field in sealed_fields():
        rows = with_key(model, field).values_list("key").order_by("key")
        for key_id, count in rows.annotate(count=models.Count("pk")):
            counts[key_id] += count
    return counts


def with_key(model: type[models.Model], field: SealedField) -> models.QuerySet:
    """Return the rows whose value is under no data key, each with the id of its `key`."""
    rest = Substr(field.name, AFTER_VERSION)
    length = StrIndex(rest, models.Value(".")) - 1
    rows = model._base_manager.annotate(version=Substr(field.name, 1, len("v1.")))
    return rows.filter(version="v1.").annotate(
        key=Substr(field.name, AFTER_VERSION, length)
    )


def rotate_keys() -> None:
    """Seal every organization's keys under the first of `ENCRYPTION_KEYS`.

    What a release without data keys has stored comes under its organization's. The program may run meanwhile. A row that is saved as it was read before comes back
    under its old key: what one pass leaves, the next one finds.
    """
    make_missing_data_keys()
    for _ in range(MAX_PASSES):
        if not sum(rotate_field(model, field) for model, field in sealed_fields()):
            return


def make_missing_data_keys() -> None:
    """Give a data key to what a release without them has made."""
    for organization in Organization.objects.filter(data_key__isnull=True):
        key = Organization._meta.get_field("data_key").seal(make_key(), organization)
        still = Organization.objects.filter(pk=organization.pk, data_key__isnull=True)
        still.update(data_key=key)


def rotate_field(model: type[models.Model], field: SealedField) -> int:
    """Go once through a field's values; return how many it has sealed anew."""
    old = with_key(model, field).order_by("pk")
    if model is Organization:
        old = old.exclude(key=next(iter(settings.ENCRYPTION_KEYS)))
    rotated, batch = 0, old[:BATCH_SIZE]
    while rows := list(batch):
        rotated += sum(rotate_value(row, field) for row in rows)
        batch = old.filter(pk__gt=rows[-1].pk)[:BATCH_SIZE]
    return rotated


def rotate_value(row: models.Model, field: SealedField) -> int:
    """Seal a row's value anew, unless it is another one by now; return 1 if that is done."""
    sealed = field.value_from_object(row)
    try:
        fresh = field.seal(field.unseal(sealed, row), row)
    except UnreadableSecret:
        return 0
    as_read = row._meta.model._base_manager.filter(pk=row.pk, **{field.name: sealed})
    return as_read.update(**{field.name: fresh})


def find_missing_keys(*, sample_size: int) -> set[str]:
    """Return ids of keys that stored values need and `ENCRYPTION_KEYS` does not have.

    Looks at so many rows of each model: all of the settings, and as keys of calls are
    random, a sample of those. What is still to be migrated is passed over.
    """
    used = set()
    for model, field in sealed_fields():
        sample = model._base_manager.order_by("pk")[:sample_size]
        values = sample.values_list(Substr(field.name, 1, 50), flat=True)
        with suppress(DatabaseError):
            used |= {key_id_of(value) for value in values if value}
    return used - {"", *settings.ENCRYPTION_KEYS}
