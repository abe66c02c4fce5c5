"""GET /openapi.json: the description of the REST API, generated from the views."""

import re
from functools import cache

from django.http import HttpRequest, JsonResponse
from django.urls import get_resolver
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from appconnect.api.docs.schema import ANYTHING, COMPONENTS, Schema, content, operation


@operation("Describe this API, in OpenAPI 3.1", {200: content(ANYTHING)})
@require_safe
def openapi(request: HttpRequest) -> JsonResponse:
    return JsonResponse(describe())


@cache
def describe() -> Schema:
    """Return the description of all endpoints; it is the same for everybody."""
    return SchemaGenerator().get_schema(public=True)


def add_shared_and_plain(result: Schema, **kwargs: object) -> Schema:
    """Add what several operations share, and the views that are plain Django's."""
    result["components"]["schemas"] = COMPONENTS
    schemes = result["components"]["securitySchemes"]
    schemes["metricsToken"] = {"type": "http", "scheme": "bearer"}
    for pattern in get_resolver("appconnect.api.urls").url_patterns:
        if plain := getattr(pattern.callback, "operation", None):
            path = re.sub(r"<\w+:(\w+)>", r"{\1}", f"/{pattern.pattern}")
            result["paths"][path] = plain
    return result
