"""The error pages: not found, failed, and a form that was refused for its CSRF token."""

import logging
import sys
import uuid

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseServerError
from django.shortcuts import render
from django.template.loader import render_to_string
from django_htmx.http import HttpResponseClientRefresh

from appconnect.console.shell.navigation import came_from
from appconnect.organizations.models.sealed import UnreadableSecret

logger = logging.getLogger(__name__)


class NotThere(Http404):
    """There is no such page; the message explains it to people."""


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return the page for 404; Django's own messages name classes and are not shown."""
    why = str(exception) if isinstance(exception, NotThere) else ""
    return render(request, "404.html", {"why": why}, status=404)


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
