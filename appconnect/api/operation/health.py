"""GET /isAlive, /healthz (the process answers) and /readyz (the server can work)."""

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from appconnect.api.docs.openapi import operation
from appconnect.monitoring.models import WorkerHeartbeat
from appconnect.monitoring.status.system_status import find_missing_migrations
from appconnect.worker.engine import is_queue_there

CHECKED = ("database", "migrations", "worker", "queue")
CHECKS = {
    "type": "object",
    "properties": {name: {"type": "boolean"} for name in CHECKED},
    "required": list(CHECKED),
}
ALIVE = {"type": "object", "properties": {"status": {"const": "alive"}}}


@operation(
    "Answer the client's question whether this server is there",
    {200: {"const": "OK"}},
    media_type="text/plain",
)
@require_safe
def is_alive(request: HttpRequest) -> HttpResponse:
    return HttpResponse("OK", content_type="text/plain")


@operation("Report that the process answers", {200: ALIVE})
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "alive"})


@operation("Report whether the server can work", {200: CHECKS, 503: CHECKS})
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when database, migrations, worker and queue are there, else 503."""
    checks = dict.fromkeys(CHECKED, False)
    checks["queue"] = is_queue_there()
    try:
        missing = find_missing_migrations()
        checks["database"] = True
        checks["migrations"] = not missing
        checks["worker"] = WorkerHeartbeat.objects.alive().exists()
    except DatabaseError:
        pass
    return JsonResponse(checks, status=200 if all(checks.values()) else 503)
