from appconnect.calls.models.call_facts import Step, TimedSteps, TimelineEntry
from appconnect.calls.models.call_queries import Overtaken, RetryBatch
from appconnect.calls.models.call_session import CallSession
from appconnect.calls.models.client_details import (
    CachedNote,
    ClientDetails,
    ContactSearch,
)
from appconnect.calls.models.crm_circuit import CrmCircuit
from appconnect.calls.models.crm_record import CrmRecord, PlaceholderContact
from appconnect.calls.models.ringcentral_state import CallLogSync, CallParty

__all__ = [
    "CachedNote",
    "CallLogSync",
    "CallParty",
    "CallSession",
    "ClientDetails",
    "ContactSearch",
    "CrmCircuit",
    "CrmRecord",
    "Overtaken",
    "PlaceholderContact",
    "RetryBatch",
    "Step",
    "TimedSteps",
    "TimelineEntry",
]
