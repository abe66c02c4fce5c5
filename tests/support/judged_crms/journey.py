"""What every CRM's journey does: the settings form, the agent's edit, the call that is due."""

from datetime import datetime

from appconnect.calls.models import CallSession
from appconnect.calls.pipeline import process

EDIT = "They want two of them.\n"
FORM = {
    "logging_level": "Account",
    "activity_record_owner": "user",
    "unmapped_owner": "attention",
    "note_sections": ["addCallLogSubject", "addCallLogResult", "addCallLogRecording"],
    "log_date_format": "DD.MM.YYYY HH:mm:ss",
    "crm_duration": "talk",
    "recording_links": "player",
    "no_contact": "skipLogging",
    "several_contacts": "mostRecentActivity",
    "region": "US",
    "time_zone": "America/Los_Angeles",
}


def log_due_call(at: datetime) -> CallSession:
    """Process the only call, which must be due, and return it as it then is."""
    call = CallSession.objects.claim(CallSession.objects.get().pk, at)
    assert call, "the call is not due"
    process(call, now=at)
    call.refresh_from_db()
    return call
