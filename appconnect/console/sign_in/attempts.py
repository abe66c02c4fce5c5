"""Counting the attempts of a sign-in, so that nobody guesses for long."""

import math

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appconnect.organizations.security.audit import actor_of
from appconnect.organizations.security.sign_in_defense import signed_in, take_attempt


def check_attempts(request: HttpRequest, username: str) -> None:
    """Count an attempt. Raises `ValidationError` if there were too many before it."""
    address = actor_of(request, username).address
    wait = take_attempt(username, address, now=timezone.now())
    if wait is not None:
        raise ValidationError(too_soon(wait.total_seconds()), code="too_soon")


def clear_attempts(request: HttpRequest, username: str, *, attempts: int = 1) -> None:
    """Forget the attempts that `check_attempts` counted: so many led to this sign-in."""
    address = actor_of(request, username).address
    signed_in(username, address, attempts=attempts, now=timezone.now())


def too_soon(seconds: float) -> str:
    minutes, seconds = divmod(math.ceil(seconds), 60)
    if minutes:
        wait = ngettext("%(n)s minute", "%(n)s minutes", minutes + 1) % {
            "n": minutes + 1
        }
    else:
        wait = ngettext("%(n)s second", "%(n)s seconds", seconds) % {"n": seconds}
    return _(
        "Too many sign-in attempts. Try again in %(wait)s, or continue with "
        "RingCentral."
    ) % {"wait": wait}
