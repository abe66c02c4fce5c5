"""The page that says that a page failed."""

import logging
import sys
import uuid

from django.http import HttpRequest, HttpResponseServerError
from django.template.loader import render_to_string

from appconnect.organizations.secrets import UnreadableSecret

logger = logging.getLogger(__name__)


def page_failed(request: HttpRequest) -> HttpResponseServerError:
    """Say so with a reference that the server's log has beside the cause."""
    reference = uuid.uuid4().hex[:8]
    logger.error("The page that failed has the reference %s", reference)
    is_unreadable = isinstance(sys.exception(), UnreadableSecret)
    context = {"reference": reference, "is_unreadable": is_unreadable}
    # Without a request: what a page needs from it may be what failed.
    return HttpResponseServerError(render_to_string("500.html", context))
