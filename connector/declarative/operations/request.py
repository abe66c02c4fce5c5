"""Filling in one request of a document."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

from requests import PreparedRequest

from connector.declarative.documents.document import Document, Request
from connector.declarative.expressions.context import CALL, Context
from connector.declarative.expressions.path import UNDEFINED, TemplateError, text_of
from connector.declarative.expressions.template import (
    CONDITION_MEMBER,
    expressions_in,
    render,
    render_text,
    render_url,
    texts_in,
)
from connector.declarative.operations.assertion import sign_assertion

CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f]+")
"""They would end a header."""
SEARCHING = ("findContact", "findCallLogs")
"""Operations that would find everything without a search term."""
CALL_VALUES = {*CALL, "changed", "previous"} - {
    *("contactInfo", "additionalSubmission", "marker"),
}
"""What an update brings; the rest of what templates see is the same as before."""
SEARCH_TERMS = ("phoneNumber", "parsedPhoneNumber", "marker")


def fill(request: Request, document: Document, context: Context) -> dict[str, Any]:
    """Return the options of `send`: ``path``, ``headers``, ``params``, ``json`` or ``data``.

    Raises `PermanentError`, `ValueError`, `TypeError` or `RequestException` where a value
    cannot be part of a request.
    """
    if request.assertion:
        context = {**context, "assertion": sign_assertion(request.assertion, context)}
    content = content_of(request, context)
    if "nextUrlPath" in request.paging and "next" in context.get("page", {}):
        url = next_url_of(request, document, context)
        content.pop("params", None)
    else:
        url = url_of(request, document, context)
    headers = headers_of(request, document, context)
    PreparedRequest().prepare(request.method, url, headers, **content)
    return {"path": url, "headers": headers, **content}


def check_search_terms(request: Request, context: Context) -> None:
    """Raise `TemplateError` where a search term has no value: all would be found."""
    templates = [request.url, request.headers, request.query, request.body]
    for at, text in texts_in(templates):
        for expression in () if f".{CONDITION_MEMBER}" in at else expressions_in(text):
            is_search_term = expression.path[:1] and expression.path[0] in SEARCH_TERMS
            if is_search_term and expression.value(context) in (UNDEFINED, ""):
                raise TemplateError(f"{request.at}: {expression.source} has no value")


def changes_nothing(request: Request, context: Context) -> bool:
    """Return whether the body names values of the call, of which none is there to send."""
    names_any = any(
        expression.path[:1] and expression.path[0] in CALL_VALUES
        for _, text in texts_in(request.body)
        for expression in expressions_in(text)
    )
    without = {name: v for name, v in context.items() if name not in CALL_VALUES}
    try:
        return names_any and render(request.body, context) == render(
            request.body, without
        )
    except TemplateError:  # a filter wants a value; sending will tell
        return False


def url_of(request: Request, document: Document, context: Context) -> str:
    """Return the whole URL; one that begins with http is not joined to the base URL."""
    url = render_url(request.url, context)
    if url.startswith(("http://", "https://")):
        return url
    base = render_url(document.defaults.get("baseUrl", ""), context)
    return f"{base.rstrip('/')}/{url.lstrip('/')}"


def next_url_of(request: Request, document: Document, context: Context) -> str:
    """Return the address of the next page, where the reply gave it."""
    return urljoin(url_of(request, document, context), text_of(context["page"]["next"]))


def headers_of(
    request: Request, document: Document, context: Context
) -> dict[str, str]:
    """Return the default headers, the request's own, and those that authenticate it."""
    templates = {**document.defaults.get("defaultHeaders", {}), **request.headers}
    headers = {
        **render_members(templates, context),
        **_auth_headers(request.auth, context),
    }
    return {name: _header(value) for name, value in headers.items()}


def _header(value: str) -> str:
    """Return the value in one line, UTF-8 as HTTP carries it."""
    return CONTROL_CHARACTERS.sub(" ", value).strip().encode().decode("latin-1")


def _auth_headers(auth: Mapping[str, Any], context: Context) -> dict[str, str]:
    kind, scheme = auth.get("type", "apiKey"), auth.get("scheme", "")
    template = auth.get("credentialTemplate", "")
    if kind == "none":
        return {}
    if template:
        credential = render_text(template, context)
        if auth.get("encode", "base64") == "base64":
            credential = b64encode(credential.encode()).decode()
        value = f"{scheme} {credential}" if scheme else credential
    elif not context["apiKey"]:
        return {}
    elif kind == "oauth":
        value = f"{scheme or 'Bearer'} {context['apiKey']}"
    else:
        value = context["authHeader"]
    return {auth.get("headerName", "Authorization"): value}


def content_of(request: Request, context: Context) -> dict[str, Any]:
    """Return the content of the request: ``params``, and ``json`` or ``data``."""
    content: dict[str, Any] = {}
    if request.query:
        content["params"] = render_members(request.query, context)
    body = UNDEFINED if request.body is None else render(request.body, context)
    if request.is_form:
        content["data"] = render_members(request.body or {}, context)
    elif body is not UNDEFINED:
        content["json"] = body
    elif request.body is not None:
        content["json"] = {}
    return content


def render_members(templates: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Fill in headers, a query or a form: texts, and lists of texts; no null."""
    rendered = {name: render(value, context) for name, value in templates.items()}
    return {
        name: [text_of(item) for item in value]
        if isinstance(value, list)
        else text_of(value)
        for name, value in rendered.items()
        if value is not UNDEFINED and value is not None
    }
