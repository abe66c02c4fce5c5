"""GET, POST and PATCH /callLog."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from appconnect.api.base.authentication import find_session, read_user_jwt
from appconnect.api.base.exceptions import Refusal, return_message
from appconnect.api.base.permissions import HasUserJwt
from appconnect.api.base.refusals import refusing
from appconnect.api.base.views import ClientView, body_member
from appconnect.api.calls.call_log_schema import (
    EXTENSION,
    LOGGED,
    LOGS,
    TO_LOG,
    TO_UPDATE,
)
from appconnect.api.calls.posted import (
    extension_of,
    find_crm_record,
    id_of,
    link,
    parse_call,
    parse_changes,
    text_of,
)
from appconnect.api.calls.posted_words import parse_words
from appconnect.api.docs.schema import JSON, REVOKED, query_parameter, switch
from appconnect.calls.client.client_details import (
    ClientCall,
    contact_name_of,
    with_words,
)
from appconnect.calls.client.client_log import AlreadyLogged, log_client_call
from appconnect.calls.client.client_update import read_record, update_client_call
from appconnect.calls.models import CrmRecord
from appconnect.calls.models.timing import running_from
from appconnect.organizations.models import CrmSession
from connector.types import Contact

MAX_SESSIONS = 5
SERVICE = "SSCL"
"""How App Connect's logging service calls itself."""


class CallLogView(ClientView):
    """What the CRM refuses is 200 with `successful: false`; so is a session that is gone."""

    permission_classes = [HasUserJwt]
    max_body_bytes = 5 * 1024 * 1024
    """Transcripts are long."""

    @extend_schema(
        summary="Tell which calls are logged",
        parameters=[
            query_parameter("sessionIds", "Up to five, with commas between.", "815201"),
            switch("requireDetails", "Read the records too."),
            *(query_parameter(name, why) for name, why in EXTENSION.items()),
        ],
        responses={200: LOGS, **REVOKED},
    )
    def get(self, request):
        query = request.query_params
        session_ids = query.get("sessionIds", "").split(",")[:MAX_SESSIONS]
        asked = [session_id for session_id in session_ids if session_id]
        if not asked or request.user is None:
            return Response({"successful": False})
        with_details = query.get("requireDetails") == "true"
        extension_id = extension_of(request.user, query)
        with refusing("Error getting call log"):
            logs = [
                describe(request.user, session_id, extension_id, with_details)
                for session_id in asked
            ]
        return Response({"successful": True, "logs": logs})

    @extend_schema(
        summary="Log a call", request={JSON: TO_LOG}, responses={200: LOGGED, **REVOKED}
    )
    def post(self, request):
        session = find_user(request)
        log_info = body_member(request, "logInfo", dict)
        if log_info is None:
            raise ParseError("logInfo is missing.")
        extension_id = extension_of(session, {**log_info, **request.data})
        call_facts, is_pending = parse_call(
            session.organization, log_info, extension_id
        )
        voicemail = link(text_of(request.data, "voicemailLink"))
        call_facts = with_words(call_facts, {"voicemail_url": voicemail})
        contact_id = id_of(request.data, "contactId")
        if not contact_id:
            raise Refusal(f"Contact not found for number {call_facts.contact_number}")
        submitted = body_member(request, "additionalSubmission", dict) or {}
        posted = ClientCall(
            call_facts=call_facts,
            extension_id=extension_id,
            contact=Contact(
                id=contact_id,
                type=text_of(request.data, "contactType"),
                name=text_of(request.data, "contactName"),
            ),
            note=text_of(request.data, "note"),
            words=parse_words(
                request.data,
                subject=text_of(log_info, "customSubject"),
                legs=log_info.get("legs"),
            ),
            **assigned_owner(session, submitted),
            is_pending=is_pending,
            is_from_service=is_from_service(request),
        )
        clock = running_from(timezone.now())
        try:
            with refusing("Error creating call log"):
                log_id = log_client_call(session, posted, clock=clock)
        except AlreadyLogged as error:
            message = f"Existing log for session {call_facts.session_id}"
            raise Refusal(message, ttl=3000) from error
        said = return_message("Call logged", message_type="success", ttl=2000)
        return Response({"successful": True, "logId": log_id, "returnMessage": said})

    @extend_schema(
        summary="Bring a call's record up to date",
        request={JSON: TO_UPDATE},
        responses={200: LOGGED, **REVOKED},
    )
    def patch(self, request):
        session = find_user(request)
        if not isinstance(request.data, dict):
            raise ParseError("The request body is no object.")
        extension_id = extension_of(session, request.data)
        session_id = text_of(request.data, "sessionId")
        crm_record = find_crm_record(session, session_id, extension_id)
        if crm_record is None:
            return Response({"successful": False})
        note = request.data.get("note")
        words = parse_words(
            request.data,
            subject=text_of(request.data, "subject"),
            legs=request.data.get("legs"),
        )
        with refusing("Error updating call log"):
            updated_note = update_client_call(
                session,
                crm_record,
                parse_changes(request.data),
                note if isinstance(note, str) else None,
                words=words,
                is_from_service=is_from_service(request),
                clock=running_from(timezone.now()),
            )
        said = return_message("Call log updated", message_type="success", ttl=2000)
        return Response(
            {
                "successful": True,
                "logId": crm_record.record_id,
                "updatedNote": updated_note,
                "returnMessage": said,
            }
        )


def find_user(request: Request) -> CrmSession:
    if request.user is None:
        raise Refusal("User not found")
    return request.user


def is_from_service(request: Request) -> bool:
    """Tell whether App Connect's logging service asks. Anybody may say so: it grants nothing."""
    return request.headers.get("User-Agent") == SERVICE


def assigned_owner(session: CrmSession, submitted: Mapping[str, Any]) -> dict[str, str]:
    """Return whose the record is to be, as fields of `ClientCall`: an agent of the account."""
    if not submitted.get("isAssignedToUser"):
        return {}
    claims = read_user_jwt(text_of(submitted, "adminAssignedUserToken"))
    agent = find_session(claims) if claims else None
    is_ours = agent and agent.organization_id == session.organization_id
    return {
        "owner_extension_id": text_of(submitted, "adminAssignedUserRcId"),
        "owner_crm_user_id": agent.crm_user_id if is_ours else "",
    }


def describe(
    session: CrmSession, session_id: str, extension_id: str, with_details: bool
) -> dict[str, Any]:
    """Return whether a call is logged and, where that is asked, what its record says."""
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
