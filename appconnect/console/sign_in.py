"""Signing in with an account of this server, and out; what the audit log keeps of it."""

import math
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from appconnect.organizations import audit
from appconnect.organizations.audit import actor_of
from appconnect.organizations.models import AuditEntry, Member
from appconnect.organizations.refusals import record_refusal
from appconnect.organizations.sign_in_defence import signed_in, take_attempt

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


class SignInForm(AuthenticationForm):
    """Looks at the password only when it is this person's turn to try."""

    def clean(self):
        username = self.cleaned_data.get("username")
        if username and self.cleaned_data.get("password"):
            check_turn(self.request, username)
        return super().clean()


class ConfirmForm(forms.Form):
    """The password of the person who is signed in, once more."""

    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args, request: HttpRequest, **kwargs):
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_password(self) -> str:
        user, password = self.request.user, self.cleaned_data["password"]
        check_turn(self.request, user.get_username())
        if not user.check_password(password):
            raise ValidationError(_("This is not your password."))
        return password


def check_turn(request: HttpRequest, username: str) -> None:
    """Count an attempt; raises `ValidationError` where it comes too soon after others."""
    address = actor_of(request, username).address
    wait = take_attempt(username, address, now=timezone.now())
    if wait is not None:
        raise ValidationError(too_soon(wait.total_seconds()), code="too_soon")


def succeeded(request: HttpRequest, username: str) -> None:
    """Take back what `check_turn` counted."""
    address = actor_of(request, username).address
    signed_in(username, address, now=timezone.now())


def too_soon(seconds: float) -> str:
    minutes, seconds = divmod(math.ceil(seconds), 60)
    if minutes:
        wait = ngettext("%(n)s minute", "%(n)s minutes", minutes + 1) % {
            "n": minutes + 1
        }
    else:
        wait = ngettext("%(n)s second", "%(n)s seconds", seconds) % {"n": seconds}
    return _(
        "Too many attempts to sign in. Try again in %(wait)s. Signing in with "
        "RingCentral is possible meanwhile."
    ) % {"wait": wait}


class SignInView(LoginView):
    form_class = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form):
        succeeded(self.request, form.cleaned_data["username"])
        reply = super().form_valid(form)
        member = Member.objects.filter(user=form.get_user()).first()
        if member is not None:
            begin_session(self.request, member, way=_("with a password"))
        return reply

    def form_invalid(self, form):
        reply = super().form_invalid(form)
        if form.has_error(NON_FIELD_ERRORS, "too_soon"):
            # No entry: the time that it takes would tell which accounts there are.
            reply.status_code = 429
            return reply
        username = form.cleaned_data.get("username", "")
        member = Member.objects.filter(user__username=username).first()
        if member is not None:
            record_refusal(
                member.organization,
                Action.SIGN_IN_FAILED,
                actor=actor_of(self.request, username),
                subject=_("with a password"),
                now=timezone.now(),
            )
        return reply

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        return {
            **context,
            "faulty": [context["form"]] if context["form"].errors else [],
        }


class SignOutView(LogoutView):
    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if request.user.is_authenticated:
            member = Member.objects.filter(user=request.user).first()
            if member is not None:
                record(request, member, Action.SIGNED_OUT)
        return super().post(request, *args, **kwargs)


def begin_session(request: HttpRequest, member: Member, *, way: str) -> None:
    """Note that a member has signed in, or confirmed that it is them."""
    request.session[SESSION_NUMBER] = member.session_number
    now = timezone.now().timestamp()
    request.session.setdefault(BEGAN, now)
    request.session[USED] = request.session[CONFIRMED] = now
    request.session[ADDRESS] = actor_of(request, "").address
    request.session.clear_expired()  # where everybody signed in from is not kept
    record(request, member, Action.SIGNED_IN, subject=way)


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
def record(
    request: HttpRequest, member: Member, action: Action, subject: str = ""
) -> None:
    audit.record(
        member.organization,
        action,
        actor=actor_of(request, str(member)),
        subject=subject,
        now=timezone.now(),
    )
