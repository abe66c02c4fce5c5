"""The page of the held calls, by cause, with the fix for each."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import TemplateView, View

from appconnect.calls.actions.calls import leave, try_all_again
from appconnect.calls.crm.resolve_unknown import Verdict
from appconnect.console.attention.fixes import credentials_address, group_causes
from appconnect.console.shell.views import ConsoleMixin, Role
from appconnect.monitoring.needs_attention import (
    acknowledge,
    calls_of,
    find_attention,
)
from appconnect.worker import queue

MAX_CAUSES = 1000


class NeedsAttentionView(ConsoleMixin, TemplateView):
    template_name = "console/attention/needs_attention.html"

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        attention = find_attention(self.organization, context["open_circuit"])
        return {
            **context,
            "waiting": attention.waiting,
            "count": attention.count,
            "crm": self.organization.declared.display_name,
            "groups": group_causes(self.organization, attention.open),
            "muted": group_causes(self.organization, attention.muted),
            "verdicts": Verdict.choices_for(self.organization.platform),
            "credentials_address": credentials_address(),
            "may_act": self.member.may(Role.OPERATOR),
            "checked_at": timezone.now(),
        }


class CauseActionView(ConsoleMixin, View):
    """Something done about all calls of causes; ``cause`` is given once for each key."""

    post_role = Role.OPERATOR

    def post(self, request: HttpRequest) -> HttpResponse:
        keys = request.POST.getlist("cause")[:MAX_CAUSES]
        count = sum(self.act(key.replace("\0", "")) for key in keys)
        if count:
            messages.success(request, self.describe(count))
        else:
            messages.info(request, _("Already fixed: no calls are held for this."))
        return redirect("console:needs-attention")

    def act(self, key: str) -> int:
        """Do it, and return to how many; 0 if there is no such cause."""
        raise NotImplementedError

    def describe(self, count: int) -> str:
        """Return a message that says what was done."""
        raise NotImplementedError


class TryCauseAgainView(CauseActionView):
    def act(self, key: str) -> int:
        calls = calls_of(self.organization, key)
        count = try_all_again(
            self.organization, calls, actor=self.actor, now=timezone.now()
        )
        queue.send_due()
        return count

    def describe(self, count: int) -> str:
        message = ngettext(
            "Retrying %(count)d call.", "Retrying %(count)d calls.", count
        )
        return message % {"count": count}


class LeaveCauseView(CauseActionView):
    def act(self, key: str) -> int:
        calls = calls_of(self.organization, key)
        return leave(self.organization, calls, actor=self.actor, now=timezone.now())

    def describe(self, count: int) -> str:
        message = ngettext(
            "%(count)d call dismissed.", "%(count)d calls dismissed.", count
        )
        return message % {"count": count}


class AcknowledgeCauseView(CauseActionView):
    def act(self, key: str) -> int:
        return acknowledge(self.organization, key, actor=self.actor, now=timezone.now())

    def describe(self, count: int) -> str:
        return _("Muted. You're told when another call is held for this reason.")
