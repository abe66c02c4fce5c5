from appconnect.monitoring.models.acknowledged_cause import AcknowledgedCause
from appconnect.monitoring.models.alert import (
    Alert,
    AlertMessage,
    AlertSettings,
)
from appconnect.monitoring.models.alert_channel import AlertChannel
from appconnect.monitoring.models.worker import PeriodicJob, WorkerHeartbeat

__all__ = [
    "AcknowledgedCause",
    "Alert",
    "AlertChannel",
    "AlertMessage",
    "AlertSettings",
    "PeriodicJob",
    "WorkerHeartbeat",
]
