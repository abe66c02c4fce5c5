"""The error pages: unreadable, not found, failed, and a form refused for its CSRF token."""

import logging
import sys
import uuid

from django.core.exceptions import TooManyFieldsSent
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseServerError,
    JsonResponse,
)
from django.shortcuts import render
from django.template.loader import render_to_string
from django_htmx.http import HttpResponseClientRefresh

from appconnect.console.shell.navigation import came_from
from appconnect.organizations.models.sealed import UnreadableSecret

logger = logging.getLogger(__name__)


class NotThere(Http404):
    """There is no such page; the message explains it to people."""


HTML, JSON = "text/html", "application/json"
TOKEN_HEADERS = ("X-RC-Access-Token", "X-Access-Token")
TOKENS_IN_QUERY = ("jwtToken", "rcAccessToken")
NO_ROUTE = "This server does not have this route. GET /openapi.json lists those it has."


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return the page for 400: a request that the program cannot read, or is not for it."""
    # Without the request: reading it again fails again.
    return HttpResponseBadRequest(render_to_string("400.html"))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return the page for 404; Django's own messages name classes and are not shown.

    A program, such as App Connect's client, gets JSON: it cannot read the page.
    """
    try:
        is_program = is_asked_by_program(request)
    except TooManyFieldsSent as error:
        return unreadable(request, error)
    if is_program:
        return JsonResponse({"error": NO_ROUTE}, status=404)
    why = str(exception) if isinstance(exception, NotThere) else ""
    return render(request, "404.html", {"why": why}, status=404)


def is_asked_by_program(request: HttpRequest) -> bool:
    """Return whether a request carries a token, or JSON, or asks for JSON."""
    return (
        request.headers.get("Authorization", "").lower().startswith("bearer ")
        or any(name in request.headers for name in TOKEN_HEADERS)
        or any(name in request.GET for name in TOKENS_IN_QUERY)
        or request.content_type == JSON
        or request.get_preferred_type([HTML, JSON]) == JSON
    )


def page_failed(request: HttpRequest) -> HttpResponseServerError:
    """Return the page for 500, with a reference that the log has beside the cause."""
    reference = uuid.uuid4().hex[:8]
    logger.error("The page that failed has the reference %s", reference)
    is_unreadable = isinstance(sys.exception(), UnreadableSecret)
    context = {"reference": reference, "is_unreadable": is_unreadable}
    # Without the request: its context processors may be what failed.
    return HttpResponseServerError(render_to_string("500.html", context))


def form_is_old(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return a page that leads back to the form whose CSRF token is invalid or missing."""
    if request.headers.get("HX-Request"):
        return HttpResponseClientRefresh()
    context = {"page": came_from(request)}
    return render(request, "403_csrf.html", context, status=403)
