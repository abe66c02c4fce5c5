"""The control interface under ``/__sim/``: make calls, make mischief, move time, look inside."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from appconnect.sandbox import seed
from appconnect.sandbox.http import Fault, body_of, fault_response
from appconnect.sandbox.scripts import SCRIPTS
from appconnect.sandbox.state import sandbox


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
    outbound = script == "outbound_answered"
    outside = body.get("to" if outbound else "from") or ""
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
    return JsonResponse({"requests": list(sandbox.requests)})


def deliveries(request: HttpRequest) -> JsonResponse:
    """List the notifications that were delivered, with their outcome."""
    return JsonResponse({"deliveries": list(sandbox.subscriptions.deliveries)})


@csrf_exempt
def faults(request: HttpRequest) -> JsonResponse:
    """Switch faults; what is not named stays as it is.

    ``crmFailsWith`` (an HTTP status, 0: up), ``crmLosesReplies``, ``crmPassword``,
    ``crmUnlicensed`` (user ids), ``duplicates`` (more deliveries of each notification),
    ``scatterSeconds`` (how late they may be), ``recordDelaySeconds``,
    ``provisionalSeconds``, ``revokeTokens``.
    """
    try:
        body = body_of(request)
    except Fault as fault:
        return fault_response(fault)
    targets = {
        "crmFailsWith": (sandbox.crm, "fails_with", int),
        "crmLosesReplies": (sandbox.crm, "loses_replies", bool),
        "crmPassword": (sandbox.crm, "password", str),
        "crmUnlicensed": (sandbox.crm, "unlicensed", set),
        "duplicates": (sandbox.subscriptions, "duplicates", int),
        "scatterSeconds": (sandbox.subscriptions, "scatter_seconds", float),
        "recordDelaySeconds": (sandbox.call_log, "delay_seconds", float),
        "provisionalSeconds": (sandbox.call_log, "provisional_seconds", float),
    }
    if unknown := set(body) - set(targets) - {"revokeTokens"}:
        return wrong(f"{unknown.pop()}: there is no such fault")
    for name, (owner, attribute, kind) in targets.items():
        if name in body:
            setattr(owner, attribute, kind(body[name]))
    if body.get("revokeTokens"):
        sandbox.account.revoke_tokens()
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


def wrong(what: str) -> JsonResponse:
    return JsonResponse({"error": what}, status=400)
