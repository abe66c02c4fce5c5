"""GET /metrics, for this machine itself and for requests with `METRICS_TOKEN`."""

from ipaddress import ip_address

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_GET
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from appconnect.api.docs.openapi import operation
from appconnect.monitoring.status.metrics import write_metrics

FORWARDED = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded")


@operation(
    "Count calls and requests, for Prometheus",
    {200: {"type": "string"}, 404: None},
    media_type="text/plain",
    security=[{}, {"metricsToken": []}],
)
@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer 404 to every other request."""
    if not (has_token(request) or is_from_here(request)):
        raise Http404
    body = write_metrics(now=timezone.now())
    return HttpResponse(body, content_type=CONTENT_TYPE_PLAIN_0_0_4)


def has_token(request: HttpRequest) -> bool:
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
    token = settings.METRICS_TOKEN
    return bool(token) and constant_time_compare(bearer, token)


def is_from_here(request: HttpRequest) -> bool:
    """Return whether the request is from this machine and came through no proxy."""
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
