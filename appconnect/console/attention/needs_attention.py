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
from appconnect.console.attention.fixes import (
    credentials_address,
    find_suggestions,
    group_causes,
)
from appconnect.console.shell.views import ConsoleMixin, Role
from appconnect.monitoring.needs_attention import (
    Cause,
    acknowledge,
    calls_of,
    find_attention,
    find_causes,
)
from appconnect.worker import queue


class NeedsAttentionView(ConsoleMixin, TemplateView):
    template_name = "console/attention/needs_attention.html"

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        organization = self.organization
        attention = find_attention(organization, context["open_circuit"])
        suggestions = find_suggestions(organization, attention.open + attention.muted)
        return {
            **context,
            "waiting": attention.waiting,
            "count": attention.count,
            "crm": organization.declared.display_name,
            "groups": group_causes(organization, attention.open, suggestions),
            "muted": group_causes(organization, attention.muted, suggestions),
            "verdicts": Verdict.choices_for(organization.platform),
            "credentials_address": credentials_address(),
            "may_act": self.member.may(Role.OPERATOR),
            "checked_at": timezone.now(),
        }


class CauseActionView(ConsoleMixin, View):
    """Something done about all calls of a group: those with one ``reason``.

    ``muted`` is there where the group is of the muted causes.
    """

    post_role = Role.OPERATOR

    def post(self, request: HttpRequest) -> HttpResponse:
        found = find_causes(self.organization)
        causes = [
            cause
            for cause in (found.muted if "muted" in request.POST else found.open)
            if cause.reason == request.POST.get("reason")
        ]
        count = self.act(causes) if causes else 0
        if count:
            messages.success(request, self.describe(count))
        else:
            messages.info(request, _("Already fixed: no calls are held for this."))
        return redirect("console:needs-attention")

    def act(self, causes: list[Cause]) -> int:
        """Do it, and return to how many."""
        raise NotImplementedError

    def describe(self, count: int) -> str:
        """Return a message that says what was done."""
        raise NotImplementedError


class TryCauseAgainView(CauseActionView):
    def act(self, causes: list[Cause]) -> int:
        calls = calls_of(self.organization, causes)
        batch = try_all_again(
            self.organization, calls, actor=self.actor, now=timezone.now()
        )
        queue.send_due()
        return batch.size if batch else 0

    def describe(self, count: int) -> str:
        message = ngettext(
            "Retrying %(count)d call.", "Retrying %(count)d calls.", count
        )
        return message % {"count": count}


class LeaveCauseView(CauseActionView):
    def act(self, causes: list[Cause]) -> int:
        calls = calls_of(self.organization, causes)
        return leave(self.organization, calls, actor=self.actor, now=timezone.now())

    def describe(self, count: int) -> str:
        message = ngettext(
            "%(count)d call dismissed.", "%(count)d calls dismissed.", count
        )
        return message % {"count": count}


class AcknowledgeCauseView(CauseActionView):
    def act(self, causes: list[Cause]) -> int:
        acknowledge(self.organization, causes, actor=self.actor, now=timezone.now())
        return len(causes)

    def describe(self, count: int) -> str:
        return _("Muted. You're told when another call is held for this reason.")
