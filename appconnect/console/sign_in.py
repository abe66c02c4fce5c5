"""Signing in with an account of this server, and out; what the audit log keeps of it."""

from django.contrib.auth.views import LoginView, LogoutView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from appconnect.organizations import audit
from appconnect.organizations.audit import actor_of
from appconnect.organizations.models import AuditEntry, Member
from appconnect.organizations.refusals import record_refusal

Action = AuditEntry.Action
SESSION_NUMBER = "session_number"


class SignInView(LoginView):
    redirect_authenticated_user = True

    def form_valid(self, form):
        reply = super().form_valid(form)
        member = Member.objects.filter(user=form.get_user()).first()
        if member is not None:
            begin_session(self.request, member, way=_("with a password"))
        return reply

    def form_invalid(self, form):
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
        return super().form_invalid(form)


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
