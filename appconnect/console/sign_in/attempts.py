"""Counting the attempts of a sign-in, so that nobody guesses for long.

A session, and a browser in which somebody has signed in to the account before, have
counts of their own: who fails elsewhere, or behind the same address, keeps nobody waiting
there.
"""

import math
import secrets
from datetime import timedelta

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appconnect.console.sign_in import pending
from appconnect.organizations.security.audit import actor_of
from appconnect.organizations.security.sign_in_defense import (
    MAX_ACCOUNT_WAIT,
    signed_in,
    take_attempt,
)

KNOWN_BROWSER = "known_browser"
KNOWN_BROWSER_SECONDS = 90 * 24 * 3600


def check_attempts(
    request: HttpRequest,
    username: str,
    *,
    max_account_wait: timedelta = MAX_ACCOUNT_WAIT,
) -> None:
    """Count an attempt. Raises `ValidationError` if there were too many before it."""
    address = actor_of(request, username).address
    known = known_as(request, username)
    wait = take_attempt(
        username,
        address,
        known=known,
        max_account_wait=max_account_wait,
        now=timezone.now(),
    )
    if wait is not None:
        raise ValidationError(too_soon(wait.total_seconds()), code="too_soon")


def clear_attempts(request: HttpRequest, username: str, *, attempts: int = 1) -> None:
    """Forget the attempts that `check_attempts` counted: so many led to this sign-in."""
    address = actor_of(request, username).address
    known, now = known_as(request, username), timezone.now()
    signed_in(username, address, known=known, attempts=attempts, now=now)


def remember_browser(response: HttpResponse, user: User) -> None:
    """Have the browser show at its next sign-ins that the user has signed in there.

    A new password makes it worthless.
    """
    values = {"browser": secrets.token_urlsafe(16), "account": account_of(user)}
    pending.keep(response, KNOWN_BROWSER, values, max_age=KNOWN_BROWSER_SECONDS)


def known_as(request: HttpRequest, username: str) -> str:
    """Return what names the user's session or known browser; empty for all others."""
    if request.user.is_authenticated and request.user.get_username() == username:
        return f"session {request.session.session_key}"
    kept = pending.read(request, KNOWN_BROWSER, max_age=KNOWN_BROWSER_SECONDS)
    user = User.objects.filter(username=username).first() if kept else None
    if user is None or not constant_time_compare(kept["account"], account_of(user)):
        return ""
    return f"browser {kept['browser']}"


def account_of(user: User) -> str:
    """Return a digest that tells nobody else whose it is, and changes with the password."""
    text = f"{user.get_username()} {user.get_session_auth_hash()}"
    return salted_hmac(KNOWN_BROWSER, text, algorithm="sha256").hexdigest()


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
