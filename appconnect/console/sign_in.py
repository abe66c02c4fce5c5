"""Signing in with an account of this server, and out; what the audit log keeps of it."""

import math

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appconnect.organizations import audit
from appconnect.organizations.audit import actor_of
from appconnect.organizations.models import AuditEntry, Member
from appconnect.organizations.refusals import record_refusal
from appconnect.organizations.sign_in_defence import signed_in, take_attempt

Action = AuditEntry.Action
SESSION_NUMBER = "session_number"


class SignInForm(AuthenticationForm):
    """Looks at the password only when it is this person's turn to try."""

    def clean(self):
        username = self.cleaned_data.get("username")
        if username and self.cleaned_data.get("password"):
            address = actor_of(self.request, username).address
            wait = take_attempt(username, address, now=timezone.now())
            if wait is not None:
                raise ValidationError(too_soon(wait.total_seconds()), code="too_soon")
        return super().clean()


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
        username = form.cleaned_data["username"]
        address = actor_of(self.request, username).address
        signed_in(username, address, now=timezone.now())
        reply = super().form_valid(form)
        member = Member.objects.filter(user=form.get_user()).first()
        if member is not None:
            begin_session(self.request, member, way=_("with a password"))
        return reply

    def form_invalid(self, form):
        username = form.cleaned_data.get("username", "")
        member = Member.objects.filter(user__username=username).first()
        is_too_soon = form.has_error(NON_FIELD_ERRORS, "too_soon")
        if member is not None:
            record_refusal(
                member.organization,
                Action.SIGN_IN_FAILED,
                actor=actor_of(self.request, username),
                subject=_("too soon after other attempts")
                if is_too_soon
                else _("with a password"),
                now=timezone.now(),
            )
        reply = super().form_invalid(form)
        if is_too_soon:
            reply.status_code = 429
        return reply


class SignOutView(LogoutView):
    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if request.user.is_authenticated:
            member = Member.objects.filter(user=request.user).first()
            if member is not None:
                record(request, member, Action.SIGNED_OUT)
        return super().post(request, *args, **kwargs)


def begin_session(request: HttpRequest, member: Member, *, way: str) -> None:
    """Note that a member has signed in; the session lasts while their number stays."""
    request.session[SESSION_NUMBER] = member.session_number
    record(request, member, Action.SIGNED_IN, subject=way)


def is_ended(request: HttpRequest, member: Member) -> bool:
    """Tell whether the session began before its member's role was changed."""
    return request.session.get(SESSION_NUMBER, 0) != member.session_number


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
