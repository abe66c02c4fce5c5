"""The CRM's own reason in the body of a refusal, without what the request said."""

from collections.abc import Iterable, Iterator
from typing import Any

from connector.errors import ELLIPSIS

REASON_KEYS = (
    "message",
    "error_description",
    "errorMessage",
    "error_message",
    "detail",
    "details",
    "description",
    "title",
    "error",
    "errors",
    "fault",
)
"""Where CRMs put a sentence for people, the likeliest first."""
MAX_DEPTH = 5
MIN_SECRET_LENGTH = 4
MIN_TEXT_LENGTH = 5


def reason_in(body: Any, *, depth: int = 0) -> str:
    """Return the sentence for people in a refusal's JSON; empty where there is none."""
    if isinstance(body, str):
        return body if depth else ""
    if depth == MAX_DEPTH:
        return ""
    inner: Iterable[Any] = ()
    if isinstance(body, list):
        inner = body
    elif isinstance(body, dict):
        inner = [body[key] for key in REASON_KEYS if key in body]
        if depth and not inner:
            return _reason_of_fields(body)
    reasons = (reason_in(value, depth=depth + 1) for value in inner)
    return next(filter(None, reasons), "")


def _reason_of_fields(errors: dict[str, Any]) -> str:
    """Return the first of ``{"phone": ["is no phone number"]}``, with its field."""
    for field, reasons in errors.items():
        reason = reasons[0] if isinstance(reasons, list) and reasons else reasons
        if isinstance(reason, str) and " " in reason:
            return f"{field}: {reason}"
    return ""


def texts_in(value: Any) -> Iterator[str]:
    """Yield the texts of a request of two words or more: names, notes and subjects."""
    if isinstance(value, str):
        if len(value) >= MIN_TEXT_LENGTH and " " in value.strip():
            yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts_in(inner)


def hide(reason: str, texts: Iterable[str]) -> str:
    """Return the reason without these texts."""
    for text in sorted(set(texts), key=len, reverse=True):
        if len(text) >= MIN_SECRET_LENGTH:
            reason = reason.replace(text, ELLIPSIS)
    return reason
