"""The control interface under ``/__sim/``: make calls, make mischief, move time, look inside."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from appconnect.sandbox.planned import PlannedReply
from appconnect.sandbox.ringcentral import seed
from appconnect.sandbox.scripts import OUTBOUND, SCRIPTS
from appconnect.sandbox.state import sandbox
from appconnect.sandbox.views.http import Fault, body_of, fault_response


@csrf_exempt
def calls(request: HttpRequest) -> JsonResponse:
    """GET lists the calls that were made; POST makes one.

    ``{"script", "from", "to", "extension"}``: the other side is ``from`` of an inbound
    call and ``to`` of an outbound one; everything but the script may be left out.
    """
    if request.method == "GET":
        return JsonResponse({"calls": list(sandbox.calls)})
    try:
        body = body_of(request)
    except Fault as fault:
        return fault_response(fault)
    script = str(body.get("script", "")).replace("-", "_")
    extension = str(body.get("extension", "")) or seed.ADMIN_EXTENSION
    if script not in SCRIPTS:
        return wrong(f"script: one of {', '.join(SCRIPTS)}")
    if extension not in {number for number, *_ in seed.EXTENSIONS}:
        return wrong(f"extension: there is no {extension}")
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
    """List what was asked of RingCentral and of the CRM."""
    return JsonResponse(
        {
            "requests": list(sandbox.requests),
            "inPenalty": sandbox.account.requests_in_penalty,
            "signInsAtOnce": sandbox.sign_ins.most_at_once,
        }
    )


def subscriptions(request: HttpRequest) -> JsonResponse:
    """List the subscriptions that are alive, as RingCentral would describe them."""
    now = sandbox.clock.now()
    alive = [one.as_json(now) for one in sandbox.subscriptions.alive()]
    return JsonResponse({"subscriptions": alive})


def deliveries(request: HttpRequest) -> JsonResponse:
    """List the notifications that were delivered, with their outcome."""
    return JsonResponse({"deliveries": list(sandbox.subscriptions.deliveries)})


@csrf_exempt
def faults(request: HttpRequest) -> JsonResponse:
    """Switch faults; what is not named stays as it is.

    Values that stay: ``crmFailsWith`` (an HTTP status, 0: up), ``crmLosesReplies`` (0 to 1),
    ``crmDelaySeconds`` (of every answer), ``crmSearchLagSeconds``,
    ``crmRefusesDuplicates`` (of one external id), ``crmIsReadOnly``, ``crmUnlicensed`` (user ids), ``duplicates`` (more deliveries of each
    notification), ``scatterSeconds`` (how late they may be), ``dropRate`` (0 to 1),
    ``pranks`` (names of `PRANKS`), ``deliveryRetries`` (of what the webhook refused),
    ``blacklistAfterSeconds``, ``reactivateAfterSeconds`` (0: a blacklisting is for good),
    ``recordDelaySeconds``, ``provisionalSeconds``, ``recordingSeconds``, ``recordNeverShows``,
    ``sessionFilterIgnored``.

    Things that happen now: ``crmPassword`` (a new one, which ends all sessions),
    ``crmEndsSessions``, ``revokeTokens`` (every session ends), ``expireTokens``
    (access tokens only), ``expireSyncTokens``, ``subscriptions`` (delete, expire,
    blacklist or drift), ``demote``, ``promote`` and ``removeExtension`` (an extension's
    number), ``deleteRecord`` (a telephony session), ``replies`` (a list of planned
    replies: ``path``, ``method``, ``status``, ``code``, ``retryAfter``, ``location``,
    ``times``, ``lost``, ``cut``, ``slowSeconds``, ``lateSeconds``).
    """
    try:
        body = body_of(request)
    except Fault as fault:
        return fault_response(fault)
    settings, events = lasting_faults(), sudden_faults()
    if unknown := body.keys() - settings.keys() - events.keys():
        return wrong(f"{unknown.pop()}: there is no such fault")
    for name, value in body.items():
        if name in settings:
            owner, attribute, kind = settings[name]
            setattr(owner, attribute, kind(value))
        else:
            events[name](value)
    return JsonResponse({})


def lasting_faults() -> dict[str, tuple[object, str, Callable[[Any], object]]]:
    """Return what can be set: name → whose attribute it is, and of what kind."""
    mischief = sandbox.subscriptions.mischief
    return {
        "crmFailsWith": (sandbox.crm, "fails_with", int),
        "crmLosesReplies": (sandbox.crm, "loses_replies", float),
        "crmDelaySeconds": (sandbox.crm, "delay_seconds", float),
        "crmSearchLagSeconds": (sandbox.crm, "search_lag_seconds", float),
        "crmRefusesDuplicates": (sandbox.crm, "refuses_duplicates", bool),
        "crmIsReadOnly": (sandbox.crm, "is_read_only", bool),
        "crmUnlicensed": (sandbox.crm, "unlicensed", set),
        "duplicates": (mischief, "duplicates", int),
        "scatterSeconds": (mischief, "scatter_seconds", float),
        "dropRate": (mischief, "drop_rate", float),
        "pranks": (mischief, "pranks", tuple),
        "blacklistAfterSeconds": (
            sandbox.subscriptions,
            "blacklist_after_seconds",
            float,
        ),
        "reactivateAfterSeconds": (
            sandbox.subscriptions,
            "reactivate_after_seconds",
            float,
        ),
        "deliveryRetries": (sandbox.subscriptions, "delivery_retries", int),
        "recordDelaySeconds": (sandbox.call_log, "delay_seconds", float),
        "provisionalSeconds": (sandbox.call_log, "provisional_seconds", float),
        "recordingSeconds": (sandbox.call_log, "recording_seconds", float),
        "recordNeverShows": (sandbox.call_log, "never_shows", bool),
        "sessionFilterIgnored": (sandbox.call_log, "ignores_session", bool),
    }


def sudden_faults() -> dict[str, Callable[[Any], object]]:
    """Return what can happen: name → what does it, given the value."""
    return {
        "crmPassword": sandbox.crm.change_password,
        "crmEndsSessions": lambda _: sandbox.crm.end_sessions(),
        "revokeTokens": lambda _: sandbox.sign_ins.end_all(),
        "expireTokens": lambda _: sandbox.sign_ins.expire_access_tokens(),
        "expireSyncTokens": lambda _: sandbox.call_log.expire_sync_tokens(),
        "subscriptions": sandbox.subscriptions.spoil,
        "demote": lambda number: set_admin(number, is_admin=False),
        "promote": lambda number: set_admin(number, is_admin=True),
        "removeExtension": remove_extension,
        "deleteRecord": lambda session: sandbox.call_log.delete(session),
        "replies": plan,
    }


def set_admin(number: str, *, is_admin: bool) -> None:
    sandbox.account.set_admin(seed.extension_id(number), is_admin=is_admin)


def remove_extension(number: str) -> None:
    extension_id = seed.extension_id(number)
    sandbox.account.extensions.pop(extension_id, None)
    sandbox.sign_ins.end_all(extension_id)


def plan(replies: list[dict[str, Any]]) -> None:
    for reply in replies:
        sandbox.planned.add(PlannedReply.from_json(reply))


@csrf_exempt
def app(request: HttpRequest) -> JsonResponse:
    """POST ``{"redirectUris": [...]}`` registers where people are sent back to."""
    try:
        body = body_of(request)
    except Fault as fault:
        return fault_response(fault)
    sandbox.redirect_uris = set(body.get("redirectUris", []))
    return JsonResponse({})


@csrf_exempt
def clock(request: HttpRequest) -> JsonResponse:
    """GET tells the sandbox's time; POST ``{"advanceSeconds"}`` moves it ahead."""
    if request.method == "POST":
        try:
            sandbox.clock.advance(float(body_of(request).get("advanceSeconds", 0)))
        except Fault as fault:
            return fault_response(fault)
    return JsonResponse({"now": sandbox.clock.now().isoformat()})


@csrf_exempt
def reset(request: HttpRequest) -> JsonResponse:
    """Begin afresh."""
    sandbox.reset()
    return JsonResponse({})


def crm_call_logs(request: HttpRequest) -> JsonResponse:
    """List the CRM's call records, each with its owner and its contact."""
    return JsonResponse({"callLogs": sandbox.crm.described()})


@csrf_exempt
def crm_call_log(request: HttpRequest, log_id: str) -> JsonResponse:
    """POST copies a record, as when somebody logs the call by hand; PATCH changes its
    fields, as when somebody edits it; DELETE deletes it.
    """
    logs = sandbox.crm.call_logs
    if log_id not in logs:
        return wrong(f"there is no record {log_id}")
    if request.method == "DELETE":
        del logs[log_id]
        return JsonResponse({})
    if request.method == "PATCH":
        try:
            logs[log_id].update(body_of(request))
        except Fault as fault:
            return fault_response(fault)
        return JsonResponse(logs[log_id])
    copied = {name: value for name, value in logs[log_id].items() if name != "id"}
    return JsonResponse(sandbox.crm.create_call_log(copied, creator="service"))


@csrf_exempt
def crm_contacts(request: HttpRequest) -> JsonResponse:
    """GET lists the CRM's contacts; POST adds one, with any member of its own."""
    if request.method == "GET":
        return JsonResponse({"contacts": list(sandbox.crm.contacts.values())})
    try:
        return JsonResponse(sandbox.crm.create_contact(body_of(request)))
    except Fault as fault:
        return fault_response(fault)


@csrf_exempt
def crm_contact(request: HttpRequest, contact_id: str) -> JsonResponse:
    """DELETE deletes a contact, as a person would."""
    if sandbox.crm.contacts.pop(contact_id, None) is None:
        return wrong(f"there is no contact {contact_id}")
    return JsonResponse({})


def wrong(what: str) -> JsonResponse:
    return JsonResponse({"error": what}, status=400)
