"""The call log, running sessions and recordings at the sandbox's RingCentral."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from appconnect.sandbox.ringcentral.call_log import SyncRefused
from appconnect.sandbox.state import sandbox
from appconnect.sandbox.views.http import ApiError, ringcentral

SILENCE = b"RIFF$\x00\x00\x00WAVEfmt " + bytes(16) + b"data" + bytes(4)


def check_is_admin(owner: str) -> None:
    """Raise `ApiError` unless the extension may read the account's call log."""
    if not sandbox.account.is_admin(owner):
        message = "In order to call this API the user needs [FullCompanyCallLog]"
        raise ApiError(403, "CMN-408", message)


def reply_to(query: Callable[[], dict[str, Any]]) -> JsonResponse:
    """Return the result of a query of the call log. Raises `ApiError`."""
    try:
        return JsonResponse(query())
    except SyncRefused as refused:
        raise ApiError(400, refused.code, str(refused)) from refused
    except (ValueError, KeyError):
        raise ApiError(400, "CMN-101", "A parameter is not valid") from None


@ringcentral("Heavy", "GET")
def call_log(request: HttpRequest, owner: str, own: bool = False) -> JsonResponse:
    if not own:
        check_is_admin(owner)
    if {"sessionId", "extensionNumber"} <= request.GET.keys():
        message = "Parameter [sessionId] is not allowed along with [extensionNumber]"
        raise ApiError(400, "CLG-110", message)
    params = request.GET.dict()
    log = sandbox.call_log
    return reply_to(lambda: log.search(params, extension_id=owner if own else None))


@ringcentral("Heavy", "GET")
def call_log_record(request: HttpRequest, owner: str, record_id: str) -> JsonResponse:
    check_is_admin(owner)
    record = sandbox.call_log.find(record_id)
    if record is None:
        raise ApiError(404, "CMN-102", "Resource for parameter [recordId] not found")
    return JsonResponse(record)


@ringcentral("Heavy", "GET")
def extract_sync(request: HttpRequest, owner: str) -> JsonResponse:
    check_is_admin(owner)
    params = request.GET.dict()
    return reply_to(lambda: sandbox.call_log.extract_sync(params))


@ringcentral("Heavy", "GET")
def own_sync(request: HttpRequest, owner: str) -> JsonResponse:
    params = request.GET.dict()
    return reply_to(lambda: sandbox.call_log.sync(params, extension_id=owner))


@ringcentral("Light", "GET")
def session(
    request: HttpRequest, owner: str, telephony_session_id: str
) -> JsonResponse:
    """Return a running session; one that has ended is gone."""
    body = sandbox.running.get(telephony_session_id)
    if body is None:
        raise ApiError(404, "TAS-102", "Session is not found")
    return JsonResponse({**body, "id": telephony_session_id})


@ringcentral("Heavy", "GET")
def active_calls(request: HttpRequest, owner: str) -> JsonResponse:
    records = [
        {"telephonySessionId": session, "result": "In Progress"}
        for session in sandbox.running
    ]
    return JsonResponse({"records": records, "navigation": {}})


@ringcentral("Heavy", "GET")
def recording(
    request: HttpRequest, owner: str, recording_id: str, content: bool = False
) -> HttpResponse:
    if content:
        return HttpResponse(SILENCE, content_type="audio/wav")
    return JsonResponse({"id": recording_id, "contentType": "audio/wav"})
