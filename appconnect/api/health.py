"""GET /isAlive, /healthz (the process answers) and /readyz (it can do its work)."""

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse

from appconnect.calls.models import WorkerHeartbeat
from appconnect.calls.system_status import find_missing_migrations


def is_alive(request: HttpRequest) -> HttpResponse:
    return HttpResponse("OK", content_type="text/plain")


def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "alive"})


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
