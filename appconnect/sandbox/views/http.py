"""Requests and replies of the sandbox's endpoints: JSON, sign-in, rate limits, faults."""

import json
import math
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


class ApiError(Exception):
    """An error reply in RingCentral's shape."""

    def __init__(self, status: int, code: str, message: str, **headers: str):
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400 without reading the request again, which would fail again."""
    return HttpResponse("The request cannot be read.", status=400)


def body_of(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object in a request. Raises `ApiError` if there is none."""
    try:
        body = json.loads(request.body or b"{}")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise ApiError(400, "CMN-101", "The request body is not a JSON object")
    return body


def bearer(request: HttpRequest) -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ")


def error_response(error: ApiError) -> JsonResponse:
    content = {"errorCode": error.code, "message": str(error)}
    response = JsonResponse({**content, "errors": [content]}, status=error.status)
    for name, value in error.headers.items():
        response[name.replace("_", "-")] = value
    return response


def ringcentral(group: str, *methods: str) -> Callable:
    """Return a decorator for endpoints of RingCentral, counted in a rate limit group.

    The view is called with the request, the caller's extension id, and the path's parts.
    """

    def decorate(view: Callable) -> Callable:
        @csrf_exempt
        @wraps(view)
        def endpoint(request: HttpRequest, **parts: Any) -> HttpResponse:
            remaining = 0
            try:
                if request.method not in methods:
                    raise ApiError(405, "CMN-120", "The method is not allowed")
                owner = authenticate(request)
                remaining = count_request(owner, group)
                planned = sandbox.planned.take(request.path, request.method)
                response = respond(
                    planned, lambda: view(request, owner, **parts), owner, group
                )
            except ApiError as error:
                response = error_response(error)
            if response.status_code != 429:
                response["X-Rate-Limit-Group"] = group.lower()
                response["X-Rate-Limit-Limit"] = LIMITS[group]
                response["X-Rate-Limit-Remaining"] = remaining
                response["X-Rate-Limit-Window"] = math.ceil(WINDOW.total_seconds())
            response["RCRequestId"] = str(uuid.uuid4())
            return response

        return endpoint

    return decorate


def respond(
    planned: PlannedReply | None,
    view: Callable[[], HttpResponse],
    owner: str,
    group: str,
) -> HttpResponse:
    """Return the view's response or the planned reply. Raises `ApiError`."""
    if planned is None:
        return view()
    if planned.is_lost:
        view()  # carried out, but its response is lost
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
    raise ApiError(
        planned.status, planned.code, "Planned by the control API", **headers
    )


def cut(content: bytes) -> Iterator[bytes]:
    """Send half of a reply, then break the connection."""
    yield content[: len(content) // 2]
    raise ConnectionAbortedError("planned by the control API")


def drip(content: bytes, seconds: float) -> Iterator[bytes]:
    """Send a reply byte by byte: no single read waits long, the whole does."""
    for byte in content:
        time.sleep(seconds / len(content))
        yield bytes([byte])


def authenticate(request: HttpRequest) -> str:
    if "Authorization" not in request.headers:
        raise ApiError(401, "AGW-401", "Authorization header is not specified")
    try:
        owner = sandbox.sign_ins.owner_of(bearer(request))
    except TokenRefused as refused:
        raise ApiError(401, refused.code, str(refused)) from refused
    if owner not in sandbox.account.extensions:
        raise ApiError(401, "OAU-136", "Extension not found")
    return owner


def count_request(owner: str, group: str) -> int:
    try:
        return sandbox.account.count_request(owner, group)
    except RateLimited:
        seconds = str(math.ceil(WINDOW.total_seconds()))
        message = "Request rate exceeded"
        raise ApiError(429, "CMN-301", message, Retry_After=seconds) from None


def log_requests(get_response: Callable) -> Callable:
    """Return middleware that stores the requests to RingCentral and the CRM, without bodies."""

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
