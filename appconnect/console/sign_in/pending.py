"""What a sign-in needs when the browser comes back, kept by the browser itself.

Everybody may begin one, so it is no row of the database: signed, and mostly for ten
minutes.
"""

from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

MAX_AGE_SECONDS = 600
MAX_PATH_LENGTH = 1500
"""Of the page to come back to: a browser keeps 4 kB."""


def keep(
    response: HttpResponse,
    name: str,
    values: dict[str, Any],
    *,
    max_age: int = MAX_AGE_SECONDS,
) -> None:
    """Have the browser keep `values` under a name, for so many seconds."""
    response.set_cookie(
        cookie_name(name),
        signing.dumps(values, salt=name),
        max_age=max_age,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def read(
    request: HttpRequest, name: str, *, max_age: int = MAX_AGE_SECONDS
) -> dict[str, Any] | None:
    """Return what the browser keeps; None where it is nothing of ours, or too old."""
    value = request.COOKIES.get(cookie_name(name), "")
    try:
        return signing.loads(value, salt=name, max_age=max_age)
    except signing.BadSignature:
        return None


def forget(response: HttpResponse, name: str) -> None:
    response.delete_cookie(cookie_name(name), samesite="Lax")


def cookie_name(name: str) -> str:
    # No other host of the domain can set one with this prefix.
    return f"__Host-{name}" if settings.SESSION_COOKIE_SECURE else name
