"""An index that another begins with costs every write, and serves no read."""

from django.apps import apps
from django.db.models import ForeignKey


def test_no_foreign_key_has_an_index_that_another_begins_with():
    models = [m for m in apps.get_models() if m.__module__.startswith("appconnect.")]
    redundant = [
        f"{model._meta.label}.{field.name}: db_index=False"
        for model in models
        for field in model._meta.local_fields
        if isinstance(field, ForeignKey)
        and field.db_index
        and not field.unique
        and field.name in first_columns(model)
    ]

    assert len(models) > 20
    assert redundant == []


def first_columns(model) -> set[str]:
    """Return the fields that the model's indexes of all its rows begin with."""
    keys = [*model._meta.indexes, *model._meta.constraints]
    return {
        key.fields[0].removeprefix("-")
        for key in keys
        if getattr(key, "fields", ()) and not key.condition
    }
