from appconnect.calls.models.call_queries.queryset import CallSessionQuerySet
from appconnect.calls.models.call_queries.retry_batch import RetryBatch
from appconnect.calls.models.call_queries.sql import (
    Overtaken,
    adapt,
    insert,
    insert_new,
    store_state,
    update,
)

__all__ = [
    "CallSessionQuerySet",
    "Overtaken",
    "RetryBatch",
    "adapt",
    "insert",
    "insert_new",
    "store_state",
    "update",
]
