"""A person's session on the pages: its beginning, its end, and what the audit log keeps of it."""

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
"""Seconds since 1970, in the session: signed in first, a page asked for, signed in last."""
ADDRESS = "address"
"""From where the person signed in last, in the session; None where that is not known."""
LONGEST = timedelta(hours=12)
IDLE = timedelta(hours=1)
RECENT = timedelta(minutes=10)
MINUTE = timedelta(minutes=1)
SessionData = SessionBase | dict[str, Any]
"""A session's values: of a request, or as they are stored."""


def begin_session(request: HttpRequest, member: Member, *, way: str) -> None:
    """Note that a member has signed in, or confirmed that it is them."""
    request.session[SESSION_NUMBER] = member.session_number
    now = timezone.now().timestamp()
    request.session.setdefault(BEGAN, now)
    request.session[USED] = request.session[CONFIRMED] = now
    request.session[ADDRESS] = actor_of(request, "").address
    request.session.clear_expired()  # where everybody signed in from is not kept
    log_audit(request, member, Action.SIGNED_IN, subject=way)


def is_ended(request: HttpRequest, member: Member, *, now: datetime) -> bool:
    """Tell whether the session of a request is over; if not, note that it is used.

    What the page asks for by itself, every few seconds, does not keep it.
    """
    session, at = request.session, now.timestamp()
    if is_over(session, member, now=now):
        return True
    _began, used = began_and_used(session, member)
    if at - used > MINUTE.total_seconds() and not request.headers.get("HX-Request"):
        note_use(session, at)
    return False


def is_over(session: SessionData, member: Member, *, now: datetime) -> bool:
    """Tell whether a session is over: for its age, unused, or its member's role changed."""
    if session.get(SESSION_NUMBER, 0) != member.session_number:
        return True
    began, used = began_and_used(session, member)
    at = now.timestamp()
    return at - began > LONGEST.total_seconds() or at - used > IDLE.total_seconds()


def began_and_used(session: SessionData, member: Member) -> tuple[float, float]:
    """Return when a session began and when it was used last, in seconds since 1970."""
    began = session.get(BEGAN, member.user.last_login.timestamp())
    return began, session.get(USED, began)


def note_use(session: SessionBase, at: float) -> None:
    """Keep when the session was used, where the database can: who reads only may go on."""
    session[USED] = at
    with suppress(UpdateError):
        session.save()
    session.modified = False  # or the middleware would try it, too


def is_recent(request: HttpRequest, *, now: datetime) -> bool:
    """Tell whether the person signed in, or confirmed that it is them, a moment ago."""
    session = request.session
    confirmed = session.get(CONFIRMED, request.user.last_login.timestamp())
    return now.timestamp() - confirmed <= RECENT.total_seconds()


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
