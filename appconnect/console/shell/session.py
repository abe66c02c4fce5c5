"""A person's session on the pages: its beginning, its end, and its audit entries."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from appconnect.organizations.models import AuditEntry, Member
from appconnect.organizations.security import audit
from appconnect.organizations.security.audit import actor_of

Action = AuditEntry.Action
SESSION_NUMBER = "session_number"
BEGAN, USED, CONFIRMED = "began_at", "used_at", "confirmed_at"
"""Keys of timestamps in the session: first sign-in, last request, last answer to who it is."""
ADDRESS = "address"
"""Key of the IP address of the last sign-in; None if it is not known."""
SET_UP_FIRST = "set_up_first"
"""Key of whether a second factor has to be set up before anything else is shown."""
MAX_SESSION_AGE = timedelta(hours=12)
IDLE_TIMEOUT = timedelta(hours=1)
CONFIRMED_WINDOW = timedelta(minutes=10)
"""How long after a sign-in protected changes need no confirmation."""
USE_INTERVAL = timedelta(minutes=1)
"""The last use is stored at most this often."""
SessionData = SessionBase | dict[str, Any]
"""The values of a request's session, or of a stored one."""


def begin_session(
    request: HttpRequest, member: Member, *, way: str, has_answered: bool = True
) -> None:
    """Record in the session and the audit log that a member signed in or confirmed it.

    `has_answered` is False where the browser alone may have signed them in: that is no
    confirmation.
    """
    request.session[SESSION_NUMBER] = member.session_number
    now = timezone.now().timestamp()
    request.session.setdefault(BEGAN, now)
    request.session[USED] = now
    request.session[CONFIRMED] = now if has_answered else 0
    request.session[ADDRESS] = actor_of(request, "").address
    request.session.clear_expired()  # and with them the addresses
    log_audit(request, member, Action.SIGNED_IN, subject=way)


def require_set_up(request: HttpRequest) -> None:
    """Show the person nothing but the set-up of a second factor, until they have one."""
    request.session[SET_UP_FIRST] = True


def must_set_up(request: HttpRequest) -> bool:
    return request.session.get(SET_UP_FIRST, False)


def set_up_is_done(request: HttpRequest) -> None:
    if request.session.pop(SET_UP_FIRST, False):
        request.session.cycle_key()


def is_ended(request: HttpRequest, member: Member, *, now: datetime) -> bool:
    """Return whether the session of a request is over; if not, store that it is used.

    Requests that a page sends by itself every few seconds do not count as use: htmx
    sends them, as it does a person's forms.
    """
    session, at = request.session, now.timestamp()
    if is_over(session, member, now=now):
        return True
    _began, used = began_and_used(session, member)
    is_by_person = request.method == "POST" or "HX-Request" not in request.headers
    if is_by_person and at - used > USE_INTERVAL.total_seconds():
        note_use(session, at)
    return False


def is_over(session: SessionData, member: Member, *, now: datetime) -> bool:
    """Return whether a session is too old, was idle, or was revoked."""
    if session.get(SESSION_NUMBER, 0) != member.session_number:
        return True
    began, used = began_and_used(session, member)
    at = now.timestamp()
    return (
        at - began > MAX_SESSION_AGE.total_seconds()
        or at - used > IDLE_TIMEOUT.total_seconds()
    )


def began_and_used(session: SessionData, member: Member) -> tuple[float, float]:
    """Return when a session began and when it was used last, in seconds since 1970."""
    began = session.get(BEGAN, member.user.last_login.timestamp())
    return began, session.get(USED, began)


def note_use(session: SessionBase, at: float) -> None:
    """Store when the session was used; a database that cannot be written is ignored."""
    session[USED] = at
    with suppress(UpdateError):
        session.save()
    session.modified = False  # else the middleware saves it again


def is_recent(request: HttpRequest, *, now: datetime) -> bool:
    """Return whether the person signed in or confirmed it in the last ten minutes."""
    session = request.session
    confirmed = session.get(CONFIRMED, request.user.last_login.timestamp())
    return now.timestamp() - confirmed <= CONFIRMED_WINDOW.total_seconds()


@transaction.atomic
def log_audit(
    request: HttpRequest, member: Member, action: Action, subject: str = ""
) -> None:
    audit.log(
        member.organization,
        action,
        actor=actor_of(request, str(member)),
        subject=subject,
        now=timezone.now(),
    )
