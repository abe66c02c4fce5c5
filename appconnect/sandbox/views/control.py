"""The control API under ``/__sim/``: play calls, switch faults, move the clock, inspect."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from appconnect.sandbox.planned import PlannedReply
from appconnect.sandbox.ringcentral import seed
from appconnect.sandbox.scripts import OUTBOUND, SCRIPTS
from appconnect.sandbox.state import sandbox
from appconnect.sandbox.views.http import ApiError, body_of, error_response


@csrf_exempt
def calls(request: HttpRequest) -> JsonResponse:
    """GET lists the calls that were played; POST plays one.

    ``{"script", "from", "to", "extension"}``: the outside number is ``from`` of an inbound
    call and ``to`` of an outbound one. Only the script is required.
    """
    if request.method == "GET":
        return JsonResponse({"calls": list(sandbox.calls)})
    try:
        body = body_of(request)
    except ApiError as error:
        return error_response(error)
    script = str(body.get("script", "")).replace("-", "_")
    extension = str(body.get("extension", "")) or seed.ADMIN_EXTENSION
    if script not in SCRIPTS:
        return bad_request(f"script: one of {', '.join(SCRIPTS)}")
    if extension not in {number for number, *_ in seed.EXTENSIONS}:
        return bad_request(f"extension: there is no {extension}")
    outside = body.get("to" if script in OUTBOUND else "from") or ""
    call = sandbox.make_call(script, outside=outside, extension=extension)
    return JsonResponse(
        {
            "telephonySessionId": call.telephony_session_id,
            "seconds": call.duration,
        },
        status=201,
    )


def requests(request: HttpRequest) -> JsonResponse:
    """List the requests that RingCentral and the CRM received."""
    return JsonResponse(
        {
            "requests": list(sandbox.requests),
            "inPenalty": sandbox.account.requests_in_penalty,
            "signInsAtOnce": sandbox.sign_ins.max_open_requests,
        }
    )


def subscriptions(request: HttpRequest) -> JsonResponse:
    """List the subscriptions that have not expired, in RingCentral's shape."""
    now = sandbox.clock.now()
    subscriptions = sandbox.subscriptions.alive()
    return JsonResponse({"subscriptions": [s.as_json(now) for s in subscriptions]})


def deliveries(request: HttpRequest) -> JsonResponse:
    """List the deliveries to the webhook, each with its outcome."""
    return JsonResponse({"deliveries": list(sandbox.subscriptions.deliveries)})


@csrf_exempt
def faults(request: HttpRequest) -> JsonResponse:
    """Switch faults; those not named stay as they are.

    The README of the sandbox describes each of them.
    """
    try:
        body = body_of(request)
    except ApiError as error:
        return error_response(error)
    lasting, immediate = lasting_faults(), immediate_faults()
    if unknown := body.keys() - lasting.keys() - immediate.keys():
        return bad_request(f"{unknown.pop()}: there is no such fault")
    for name, value in body.items():
        if name in lasting:
            owner, attribute, kind = lasting[name]
            setattr(owner, attribute, kind(value))
        else:
            immediate[name](value)
    return JsonResponse({})


def lasting_faults() -> dict[str, tuple[object, str, Callable[[Any], object]]]:
    """Return the faults that last until switched off: name → object, attribute and type."""
    subscriptions = sandbox.subscriptions
    return {
        "crmFailsWith": (sandbox.crm, "fails_with", int),
        "crmLosesReplies": (sandbox.crm, "loses_replies", float),
        "crmDelaySeconds": (sandbox.crm, "delay_seconds", float),
        "crmSearchLagSeconds": (sandbox.crm, "search_lag_seconds", float),
        "crmRefusesDuplicates": (sandbox.crm, "refuses_duplicates", bool),
        "crmIsFuzzy": (sandbox.crm, "is_fuzzy", bool),
        "crmNumbersAreUnique": (sandbox.crm, "numbers_are_unique", bool),
        "crmIsReadOnly": (sandbox.crm, "is_read_only", bool),
        "crmUnlicensed": (sandbox.crm, "unlicensed", set),
        "crmInactive": (sandbox.crm, "inactive", set),
        "duplicates": (subscriptions.faults, "duplicates", int),
        "scatterSeconds": (subscriptions.faults, "scatter_seconds", float),
        "dropRate": (subscriptions.faults, "drop_rate", float),
        "pranks": (subscriptions.faults, "alterations", tuple),
        "blacklistAfterSeconds": (subscriptions, "blacklist_after_seconds", float),
        "reactivateAfterSeconds": (subscriptions, "reactivate_after_seconds", float),
        "deliveryRetries": (subscriptions, "delivery_retries", int),
        "recordDelaySeconds": (sandbox.call_log, "delay_seconds", float),
        "provisionalSeconds": (sandbox.call_log, "provisional_seconds", float),
        "recordingSeconds": (sandbox.call_log, "recording_seconds", float),
        "recordNeverShows": (sandbox.call_log, "never_shows", bool),
        "sessionFilterIgnored": (sandbox.call_log, "ignores_session", bool),
    }


def immediate_faults() -> dict[str, Callable[[Any], object]]:
    """Return the faults that happen once, now: name → function of the value."""
    return {
        "crmPassword": sandbox.crm.change_password,
        "crmEndsSessions": lambda _: sandbox.crm.end_sessions(),
        "revokeTokens": lambda _: sandbox.sign_ins.end_all(),
        "expireTokens": lambda _: sandbox.sign_ins.expire_access_tokens(),
        "expireSyncTokens": lambda _: sandbox.call_log.expire_sync_tokens(),
        "subscriptions": sandbox.subscriptions.break_all,
        "demote": lambda number: set_admin(number, is_admin=False),
        "promote": lambda number: set_admin(number, is_admin=True),
        "removeExtension": remove_extension,
        "deleteRecord": sandbox.call_log.delete,
        "replies": plan_replies,
    }


def set_admin(number: str, *, is_admin: bool) -> None:
    sandbox.account.set_admin(seed.extension_id(number), is_admin=is_admin)


def remove_extension(number: str) -> None:
    extension_id = seed.extension_id(number)
    sandbox.account.extensions.pop(extension_id, None)
    sandbox.sign_ins.end_all(extension_id)


def plan_replies(replies: list[dict[str, Any]]) -> None:
    for reply in replies:
        sandbox.planned.add(PlannedReply.from_json(reply))


@csrf_exempt
def app(request: HttpRequest) -> JsonResponse:
    """POST ``{"redirectUris": [...]}`` registers the app's redirect URIs."""
    try:
        body = body_of(request)
    except ApiError as error:
        return error_response(error)
    sandbox.redirect_uris = set(body.get("redirectUris", []))
    return JsonResponse({})


@csrf_exempt
def clock(request: HttpRequest) -> JsonResponse:
    """GET returns the sandbox's time; POST ``{"advanceSeconds"}`` moves it ahead."""
    if request.method == "POST":
        try:
            sandbox.clock.advance(float(body_of(request).get("advanceSeconds", 0)))
        except ApiError as error:
            return error_response(error)
    return JsonResponse({"now": sandbox.clock.now().isoformat()})


@csrf_exempt
def reset(request: HttpRequest) -> JsonResponse:
    """Reset the sandbox to its initial data and to real time."""
    sandbox.reset()
    return JsonResponse({})


def crm_call_logs(request: HttpRequest) -> JsonResponse:
    """List the CRM's records, newest first, each with its owner and contact."""
    return JsonResponse({"callLogs": sandbox.crm.list_records()})


@csrf_exempt
def crm_call_log(request: HttpRequest, log_id: str) -> JsonResponse:
    """POST copies a record, as if a person logged the call too; PATCH edits it; DELETE
    deletes it.
    """
    records = sandbox.crm.records
    if log_id not in records:
        return bad_request(f"there is no record {log_id}")
    if request.method == "DELETE":
        del records[log_id]
        return JsonResponse({})
    if request.method == "PATCH":
        try:
            records[log_id].update(body_of(request))
        except ApiError as error:
            return error_response(error)
        return JsonResponse(records[log_id])
    fields = {name: value for name, value in records[log_id].items() if name != "id"}
    return JsonResponse(sandbox.crm.create_record(fields, creator="service"))


@csrf_exempt
def crm_contacts(request: HttpRequest) -> JsonResponse:
    """GET lists the CRM's contacts; POST adds one, with any members."""
    if request.method == "GET":
        return JsonResponse({"contacts": list(sandbox.crm.contacts.values())})
    try:
        return JsonResponse(sandbox.crm.create_contact(body_of(request)))
    except ApiError as error:
        return error_response(error)


@csrf_exempt
def crm_contact(request: HttpRequest, contact_id: str) -> JsonResponse:
    """DELETE deletes a contact."""
    if sandbox.crm.contacts.pop(contact_id, None) is None:
        return bad_request(f"there is no contact {contact_id}")
    return JsonResponse({})


def bad_request(message: str) -> JsonResponse:
    return JsonResponse({"error": message}, status=400)
