"""GET, POST and PATCH /callLog."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BooleanField, CharField, DictField, Serializer

from appconnect.api.base.answers import REVOKED, ReturnMessage
from appconnect.api.base.authentication import read_user_jwt, session_key
from appconnect.api.base.exceptions import Refusal, return_message
from appconnect.api.base.fields import SwitchField, TextField
from appconnect.api.base.permissions import HasUserJwt
from appconnect.api.base.refusals import refusing
from appconnect.api.base.views import ClientView
from appconnect.api.calls.call_extension import (
    extension_of,
    extension_to_log,
    find_crm_record,
    is_from_service,
)
from appconnect.api.calls.client_payload import (
    NEW_CONTACT_ID,
    CallExtension,
    CallToLog,
    CallUpdate,
    parse_call,
    parse_changes,
)
from appconnect.api.calls.client_text import text_sections
from appconnect.calls.client.client_details import ClientCall, contact_name_of
from appconnect.calls.client.client_log import AlreadyLogged, log_client_call
from appconnect.calls.client.client_update import read_record, update_client_call
from appconnect.calls.models import CrmRecord
from appconnect.calls.models.timing import running_from
from appconnect.organizations.models import CrmSession
from connector.types import Contact

MAX_SESSIONS = 5


class LoggedCallsQuery(CallExtension):
    sessionIds = TextField(help_text="Up to five, with commas between.")
    requireDetails = SwitchField(help_text="Read the records too.")


class RecordData(Serializer):
    subject = CharField()
    note = CharField()
    fullBody = CharField()
    contactName = CharField()
    dispositions = DictField(help_text="Empty: no connector has any.")


class LoggedCall(Serializer):
    sessionId = CharField()
    matched = BooleanField()
    logId = CharField(required=False, help_text="Of the record in the CRM.")
    logData = RecordData(required=False)


class LoggedCalls(Serializer):
    successful = BooleanField()
    returnMessage = ReturnMessage(required=False)
    logs = LoggedCall(many=True, required=False)


class Logged(Serializer):
    successful = BooleanField()
    returnMessage = ReturnMessage(required=False)
    logId = CharField(required=False, help_text="Of the record in the CRM.")
    updatedNote = CharField(required=False, help_text="As it is after an update.")


class CallLogView(ClientView):
    """What the CRM refuses is 200 with `successful: false`; so is a session that is gone."""

    permission_classes = [HasUserJwt]
    max_body_bytes = 5 * 1024 * 1024
    """Transcripts are long."""

    @extend_schema(
        parameters=[LoggedCallsQuery], responses={200: LoggedCalls, **REVOKED}
    )
    def get(self, request):
        """List which calls are logged."""
        query = LoggedCallsQuery.read(request.query_params)
        session_ids = query["sessionIds"].split(",")[:MAX_SESSIONS]
        session_ids = [session_id for session_id in session_ids if session_id]
        if not session_ids or request.user is None:
            return Response({"successful": False})
        extension_id = extension_of(request.user, query)
        with refusing("Error getting call log"):
            logs = [
                describe(
                    request.user, session_id, extension_id, query["requireDetails"]
                )
                for session_id in session_ids
            ]
        return Response({"successful": True, "logs": logs})

    @extend_schema(request=CallToLog, responses={200: Logged, **REVOKED})
    def post(self, request):
        """Log a call."""
        session = find_user(request)
        payload = CallToLog.read(request.data)
        info = payload["logInfo"]
        named = {**request.data["logInfo"], **request.data}
        extension_id = extension_to_log(request, session, named)
        call_facts = parse_call(session.organization, payload, extension_id)
        if not payload["contactId"]:
            raise Refusal(f"Contact not found for number {call_facts.contact_number}")
        if payload["contactId"] == NEW_CONTACT_ID:
            raise Refusal(
                "The call was not logged: its contact does not exist yet. Create the "
                "contact or choose another one, then log the call again."
            )
        client_call = ClientCall(
            call_facts=call_facts,
            extension_id=extension_id,
            contact=Contact(
                id=payload["contactId"],
                type=payload["contactType"],
                name=payload["contactName"],
            ),
            note=payload["note"],
            words=text_sections(
                payload, subject=info["customSubject"], legs=info["legs"]
            ),
            **assigned_owner(session, payload["additionalSubmission"]),
            is_pending=info["duration"] is None,
            is_from_service=is_from_service(request),
        )
        clock = running_from(timezone.now())
        try:
            with refusing("Error creating call log"):
                log_id = log_client_call(session, client_call, clock=clock)
        except AlreadyLogged as error:
            message = f"Existing log for session {call_facts.session_id}"
            raise Refusal(message, ttl=3000) from error
        message = return_message("Call logged", message_type="success", ttl=2000)
        return Response({"successful": True, "logId": log_id, "returnMessage": message})

    @extend_schema(request=CallUpdate, responses={200: Logged, **REVOKED})
    def patch(self, request):
        """Bring a call's record up to date."""
        session = find_user(request)
        if not isinstance(request.data, dict):
            raise ParseError("The request body is no object.")
        payload = CallUpdate.read(request.data)
        extension_id = extension_to_log(request, session, payload)
        crm_record = find_crm_record(session, payload["sessionId"], extension_id)
        if crm_record is None:
            return Response({"successful": False})
        with refusing("Error updating call log"):
            updated_note = update_client_call(
                session,
                crm_record,
                parse_changes(payload),
                payload["note"],
                words=text_sections(
                    payload, subject=payload["subject"], legs=payload["legs"]
                ),
                is_from_service=is_from_service(request),
                clock=running_from(timezone.now()),
            )
        message = return_message("Call log updated", message_type="success", ttl=2000)
        return Response(
            {
                "successful": True,
                "logId": crm_record.record_id,
                "updatedNote": updated_note,
                "returnMessage": message,
            }
        )


def find_user(request: Request) -> CrmSession:
    if request.user is None:
        raise Refusal("User not found")
    return request.user


def assigned_owner(
    session: CrmSession, assignment: Mapping[str, Any]
) -> dict[str, str]:
    """Return the agent that a record is assigned to, as fields of `ClientCall`.

    Their token only names them: it may be that of somebody who was disabled since the call.
    """
    if not assignment["isAssignedToUser"]:
        return {}
    claims = read_user_jwt(assignment["adminAssignedUserToken"])
    pk, platform = session_key(claims or {})
    agents = session.organization.crm_sessions.filter(pk=pk, platform=platform)
    return {
        "owner_extension_id": assignment["adminAssignedUserRcId"],
        "owner_crm_user_id": agents.values_list("crm_user_id", flat=True).first() or "",
    }


def describe(
    session: CrmSession, session_id: str, extension_id: str, with_details: bool
) -> dict[str, Any]:
    """Return whether a call is logged and, `with_details`, the text of its record."""
    crm_record: CrmRecord | None = find_crm_record(session, session_id, extension_id)
    if crm_record is None:
        return {"sessionId": session_id, "matched": False}
    found = {"sessionId": session_id, "matched": True, "logId": crm_record.record_id}
    if with_details:
        record, note = read_record(
            session, crm_record, clock=running_from(timezone.now())
        )
        if record is None:
            return {"sessionId": session_id, "matched": False}
        found["logData"] = {
            "subject": record.subject,
            "note": note,
            "fullBody": record.full_body,
            "contactName": contact_name_of(crm_record),
            "dispositions": {},
        }
    return found
