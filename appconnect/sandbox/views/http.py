"""JSON in and out, for the sandbox's interfaces."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from django.http import (
    HttpRequest,
    HttpResponse,
    JsonResponse,
    StreamingHttpResponse,
)
from django.views.decorators.csrf import csrf_exempt

from appconnect.sandbox.planned import PlannedReply
from appconnect.sandbox.ringcentral.account import LIMITS, WINDOW, RateLimited
from appconnect.sandbox.ringcentral.sign_in import TokenRefused
from appconnect.sandbox.state import sandbox


class Fault(Exception):
    """An answer that is an error, in RingCentral's shape."""

    def __init__(self, status: int, code: str, message: str, **headers: str):
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers


def body_of(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object of a request; raises `Fault` where there is none."""
    try:
        body = json.loads(request.body or b"{}")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Fault(400, "CMN-101", "The request body is not a JSON object")
    return body


def bearer(request: HttpRequest) -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ")


def fault_response(fault: Fault) -> JsonResponse:
    error = {"errorCode": fault.code, "message": str(fault)}
    response = JsonResponse({**error, "errors": [error]}, status=fault.status)
    for name, value in fault.headers.items():
        response[name.replace("_", "-")] = value
    return response


def ringcentral(group: str, *methods: str) -> Callable:
    """Make a view an endpoint of RingCentral's: signed in, counted, its errors in shape.

    The view is called with the request, the caller's extension id, and the path's parts.
    """

    def decorate(view: Callable) -> Callable:
        @csrf_exempt
        @wraps(view)
        def endpoint(request: HttpRequest, **parts: Any) -> HttpResponse:
            left = 0
            try:
                if request.method not in methods:
                    raise Fault(405, "CMN-120", "The method is not allowed")
                owner = signed_in(request)
                left = count(owner, group)
                planned = sandbox.planned.take(request.path, request.method)
                response = answer(
                    planned, lambda: view(request, owner, **parts), owner, group
                )
            except Fault as fault:
                response = fault_response(fault)
            if response.status_code != 429:
                response["X-Rate-Limit-Group"] = group.lower()
                response["X-Rate-Limit-Limit"] = LIMITS[group]
                response["X-Rate-Limit-Remaining"] = left
                response["X-Rate-Limit-Window"] = int(WINDOW.total_seconds())
            response["RCRequestId"] = str(uuid.uuid4())
            return response

        return endpoint

    return decorate


def answer(
    planned: PlannedReply | None,
    view: Callable[[], HttpResponse],
    owner: str,
    group: str,
) -> HttpResponse:
    """Do what was asked, or what was planned in its place; raises `Fault`."""
    if planned is None:
        return view()
    if planned.is_lost:
        view()  # it is done, and nobody learns of it
    if planned.is_cut:
        return StreamingHttpResponse(cut(view().content))
    if planned.slow_seconds:
        return StreamingHttpResponse(drip(view().content, planned.slow_seconds))
    if planned.late_seconds:
        sandbox.clock.call_later(planned.late_seconds, view)
    if planned.status == 429:
        sandbox.account.penalize(owner, group, planned.penalty)
    headers = {"Retry_After": planned.retry_after, "Location": planned.location}
    headers = {name: value for name, value in headers.items() if value}
    raise Fault(planned.status, planned.code, "Planned by the control API", **headers)


def cut(content: bytes) -> Iterator[bytes]:
    """Send half of an answer, then break the connection."""
    yield content[: len(content) // 2]
    raise ConnectionAbortedError("planned by the control API")


def drip(content: bytes, seconds: float) -> Iterator[bytes]:
    """Send an answer byte by byte: no read waits long, and all of them do."""
    for byte in content:
        time.sleep(seconds / len(content))
        yield bytes([byte])


def signed_in(request: HttpRequest) -> str:
    if "Authorization" not in request.headers:
        raise Fault(401, "AGW-401", "Authorization header is not specified")
    try:
        owner = sandbox.sign_ins.owner_of(bearer(request))
    except TokenRefused as refused:
        raise Fault(401, refused.code, str(refused)) from refused
    if owner not in sandbox.account.extensions:
        raise Fault(401, "OAU-136", "Extension not found")
    return owner


def count(owner: str, group: str) -> int:
    try:
        return sandbox.account.count(owner, group)
    except RateLimited:
        seconds = str(int(WINDOW.total_seconds()))
        message = "Request rate exceeded"
        raise Fault(429, "CMN-301", message, Retry_After=seconds) from None


def log_requests(get_response: Callable) -> Callable:
    """Middleware: keep what was asked of RingCentral and the CRM, without what was said."""

    def middleware(request: HttpRequest) -> Any:
        response = get_response(request)
        if request.path.startswith(("/restapi/", "/crm/api/")):
            sandbox.requests.append(
                {
                    "at": sandbox.clock.now().isoformat(),
                    "method": request.method,
                    "path": request.get_full_path(),
                    "status": response.status_code,
                }
            )
        return response

    return middleware
