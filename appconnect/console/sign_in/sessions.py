"""The sessions page: the browsers where a person is signed in, and signing out there."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.contrib import messages
from django.contrib.auth import HASH_SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import TemplateView

from appconnect.console.shell.session import ADDRESS, began_and_used, is_over
from appconnect.console.shell.views import ConsoleMixin, Role
from appconnect.organizations.models import Member
from appconnect.organizations.people.team import sign_out


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """One browser in which a person is signed in."""

    key: str = field(repr=False)
    handle: str
    began_at: datetime
    used_at: datetime
    address: str
    is_here: bool


class SessionsView(ConsoleMixin, TemplateView):
    template_name = "console/sign_in/sessions.html"
    post_role = Role.VIEWER
    needs_crm = False

    def post(self, request: HttpRequest) -> HttpResponse:
        """Sign out the browser that `session` names; without it, all other browsers."""
        handle = request.POST.get("session")
        chosen = [
            session.key
            for session in self.open_sessions()
            if not session.is_here and handle in (None, session.handle)
        ]
        ended = sign_out(self.member, chosen, actor=self.actor, now=timezone.now())
        if ended:
            messages.success(request, signed_out_message(ended))
        else:
            messages.info(request, _("You were signed out there already."))
        return redirect("console:sessions")

    def open_sessions(self) -> list[OpenSession]:
        here = self.request.session.session_key
        return open_sessions(self.member, here=here, now=timezone.now())

    def get_context_data(self, **kwargs):
        return super().get_context_data(sessions=self.open_sessions(), **kwargs)


def open_sessions(member: Member, *, here: str, now: datetime) -> list[OpenSession]:
    """Return a member's open sessions: this one first, then by their last use."""
    proof = member.user.get_session_auth_hash()
    found = []
    for row in member.user.sessions.filter(expire_date__gt=now):
        data = row.get_decoded()
        is_of_this_password = data.get(HASH_SESSION_KEY) == proof
        if is_of_this_password and not is_over(data, member, now=now):
            began, used = began_and_used(data, member)
            session = OpenSession(
                key=row.session_key,
                handle=row.handle,
                began_at=datetime.fromtimestamp(began, UTC),
                used_at=datetime.fromtimestamp(used, UTC),
                address=data.get(ADDRESS) or "",
                is_here=row.session_key == here,
            )
            found.append(session)
    return sorted(found, key=lambda s: (s.is_here, s.used_at), reverse=True)


def signed_out_message(ended: int) -> str:
    return (
        ngettext(
            "You are signed out in %d other browser.",
            "You are signed out in %d other browsers.",
            ended,
        )
        % ended
    )
