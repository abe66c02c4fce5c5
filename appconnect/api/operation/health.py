"""GET /isAlive, /healthz (the process answers) and /readyz (it can do its work)."""

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from appconnect.api.docs.schema import FLAG, content, operation, said, shape
from appconnect.monitoring.models import WorkerHeartbeat
from appconnect.monitoring.status.system_status import find_missing_migrations

CHECKS = shape(
    {"database": FLAG, "migrations": FLAG, "worker": FLAG},
    needs="database migrations worker",
    example={"database": True, "migrations": True, "worker": True},
)
ALIVE = shape({"status": said("alive")}, needs="status", example={"status": "alive"})


@operation("Tell the client that it answers", {200: content(said("OK"), "text/plain")})
@require_safe
def is_alive(request: HttpRequest) -> HttpResponse:
    return HttpResponse("OK", content_type="text/plain")


@operation("Tell whether the process answers", {200: content(ALIVE)})
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "alive"})


@operation(
    "Tell whether it can do its work", {200: content(CHECKS), 503: content(CHECKS)}
)
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when database, migrations and worker are there; 503 naming what is not."""
    checks = {"database": False, "migrations": False, "worker": False}
    try:
        missing = find_missing_migrations()
        checks["database"] = True
        checks["migrations"] = not missing
        checks["worker"] = WorkerHeartbeat.objects.alive().exists()
    except DatabaseError:
        pass
    return JsonResponse(checks, status=200 if all(checks.values()) else 503)
