"""The pages that say that there is no page, that it failed, or that a form was not taken."""

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
    """There is no such page; the message says why, to people."""


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say so in our words: Django's own name a class or a query."""
    why = str(exception) if isinstance(exception, NotThere) else ""
    return render(request, "404.html", {"why": why}, status=404)


def page_failed(request: HttpRequest) -> HttpResponseServerError:
    """Say so with a reference that the server's log has beside the cause."""
    reference = uuid.uuid4().hex[:8]
    logger.error("The page that failed has the reference %s", reference)
    is_unreadable = isinstance(sys.exception(), UnreadableSecret)
    context = {"reference": reference, "is_unreadable": is_unreadable}
    # Without a request: what a page needs from it may be what failed.
    return HttpResponseServerError(render_to_string("500.html", context))


def form_is_old(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Lead back to a page whose form has another sign-in's CSRF token, or none."""
    if request.headers.get("HX-Request"):
        return HttpResponseClientRefresh()
    context = {"page": came_from(request)}
    return render(request, "403_csrf.html", context, status=403)
