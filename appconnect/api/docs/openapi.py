"""GET /openapi.json and /api/docs/: the description of the REST API, and a page of it."""

import re
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from inspect import getdoc

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import get_resolver
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from appconnect.api.docs.client_schema import Schema

POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
    "img-src 'self' data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""The console's, but for the icons in Swagger UI's stylesheet."""


def operation(
    summary: str,
    answers: dict[int, Schema | None],
    *,
    media_type: str = "application/json",
    method: str = "get",
    **members: object,
) -> Callable:
    """Describe a plain Django view; `answers` are schemas by status, None for no body."""

    def describe_view(view: Callable) -> Callable:
        described = {
            "operationId": view.__name__,
            "summary": summary,
            "description": getdoc(view) or "",
            "tags": ["Operation"],
            "responses": {
                str(status): {"description": HTTPStatus(status).phrase}
                | ({"content": {media_type: {"schema": schema}}} if schema else {})
                for status, schema in answers.items()
            },
            **members,
        }
        view.operation = {method: described}
        return view

    return describe_view


@operation("Describe this API, in OpenAPI 3.1", {200: {"type": "object"}})
@require_safe
def openapi(request: HttpRequest) -> JsonResponse:
    return JsonResponse(describe())


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    headers = {"Content-Security-Policy": POLICY}
    return HttpResponse(render_to_string("api/docs.html"), headers=headers)


@cache
def describe() -> Schema:
    """Return the description of all endpoints; it is the same for everybody."""
    return SchemaGenerator().get_schema(public=True)


def add_plain_views(result: Schema, **kwargs: object) -> Schema:
    """Add the views that are plain Django's to the generated description."""
    schemes = result["components"]["securitySchemes"]
    schemes["metricsToken"] = {"type": "http", "scheme": "bearer"}
    for pattern in get_resolver("appconnect.api.urls").url_patterns:
        if plain := getattr(pattern.callback, "operation", None):
            path = re.sub(r"<\w+:(\w+)>", r"{\1}", f"/{pattern.pattern}")
            result["paths"][path] = plain
    return result
