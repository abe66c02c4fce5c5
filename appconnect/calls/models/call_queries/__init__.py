from appconnect.calls.models.call_queries.queryset import CallSessionQuerySet
from appconnect.calls.models.call_queries.retry_batch import RetryBatch
from appconnect.calls.models.call_queries.sql import (
    Overtaken,
    store_state,
    waits_with_others,
)

__all__ = [
    "CallSessionQuerySet",
    "Overtaken",
    "RetryBatch",
    "store_state",
    "waits_with_others",
]
