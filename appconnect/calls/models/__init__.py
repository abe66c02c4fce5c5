from appconnect.calls.models.acknowledged_cause import AcknowledgedCause
from appconnect.calls.models.alert import Alert, AlertMessage, AlertSettings
from appconnect.calls.models.alert_channel import AlertChannel
from appconnect.calls.models.cached_note import CachedNote
from appconnect.calls.models.call_event import CallEvent
from appconnect.calls.models.call_log import CallLog
from appconnect.calls.models.call_log_feed import CallLogFeed
from appconnect.calls.models.call_party import CallParty
from appconnect.calls.models.contact_look_up import ContactLookUp
from appconnect.calls.models.crm_circuit import CrmCircuit
from appconnect.calls.models.fencing import Overtaken
from appconnect.calls.models.placeholder_contact import PlaceholderContact
from appconnect.calls.models.posted_details import PostedDetails
from appconnect.calls.models.redrive import Redrive
from appconnect.calls.models.timeline import Step, TimedSteps, TimelineEntry
from appconnect.calls.models.worker import PeriodicJob, WorkerHeartbeat

__all__ = [
    "AcknowledgedCause",
    "Alert",
    "AlertChannel",
    "AlertMessage",
    "AlertSettings",
    "CachedNote",
    "CallEvent",
    "CallLog",
    "CallLogFeed",
    "CallParty",
    "ContactLookUp",
    "CrmCircuit",
    "Overtaken",
    "PeriodicJob",
    "PlaceholderContact",
    "PostedDetails",
    "Redrive",
    "Step",
    "TimedSteps",
    "TimelineEntry",
    "WorkerHeartbeat",
]
