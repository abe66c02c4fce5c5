from appconnect.calls.models.call_facts import Step, TimedSteps, TimelineEntry
from appconnect.calls.models.call_queries import Overtaken, Redrive
from appconnect.calls.models.call_session import CallEvent
from appconnect.calls.models.client_details import (
    CachedNote,
    ContactLookUp,
    PostedDetails,
)
from appconnect.calls.models.crm_circuit import CrmCircuit
from appconnect.calls.models.crm_record import CallLog, PlaceholderContact
from appconnect.calls.models.ringcentral_state import CallLogFeed, CallParty

__all__ = [
    "CachedNote",
    "CallEvent",
    "CallLog",
    "CallLogFeed",
    "CallParty",
    "ContactLookUp",
    "CrmCircuit",
    "Overtaken",
    "PlaceholderContact",
    "PostedDetails",
    "Redrive",
    "Step",
    "TimedSteps",
    "TimelineEntry",
]
