"""The page of the held calls, by cause, with the fix for each."""

from typing import NamedTuple
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView, View

from appconnect.calls.actions.calls import leave, try_all_again
from appconnect.calls.crm.resolve_unknown import Verdict
from appconnect.calls.models.choices import AttentionReason, FailureReason
from appconnect.console.attention.fixes import Fix, credentials_address, find_fix
from appconnect.console.shell.views import ConsoleMixin, Role
from appconnect.monitoring.needs_attention import (
    ONE_BY_ONE,
    Cause,
    acknowledge,
    calls_of,
    find_attention,
)
from appconnect.organizations.models import Organization
from appconnect.worker import queue

Reason = AttentionReason
ADVICE = {
    Reason.UNMAPPED_EXTENSION: gettext_lazy(
        "Choose the CRM user who owns them; they are logged right after."
    ),
    Reason.INACTIVE_CRM_USER: gettext_lazy(
        "Choose another CRM user; they are logged right after."
    ),
    Reason.UNLICENSED_OWNER: gettext_lazy(
        "Renew the license in the CRM, then try again. The CRM is also asked every hour."
    ),
    Reason.NO_CREDENTIALS: gettext_lazy(
        "Connect the CRM; they are logged right after."
    ),
    Reason.CREDENTIALS_REJECTED: gettext_lazy(
        "Replace the credentials; they are logged right after."
    ),
    Reason.HIDDEN_CONTACT: gettext_lazy(
        "Find the contact in the CRM, perhaps deleted, merged or not visible to the "
        "connected account, and correct its number there. Then try again."
    ),
    Reason.REFUSED_BY_CRM: gettext_lazy(
        "The page of each call has the CRM's answer. Put it right there, then try again."
    ),
    Reason.UNDECIDED: gettext_lazy(
        "Nothing is sent again before somebody has said whether the record is there."
    ),
    Reason.RETRY_CANCELED: gettext_lazy("Try them again, or leave them unlogged."),
    Reason.SEVERAL_RECORDS: gettext_lazy(
        "Delete all but one of each call in the CRM, then try again."
    ),
    Reason.NO_CONTACT: gettext_lazy("Add the contact in the CRM, then try again."),
    Reason.SEVERAL_CONTACTS: gettext_lazy("Choose the contact of each call."),
    FailureReason.NO_RECORD: gettext_lazy(
        "RingCentral may have it by now: try again, or leave them."
    ),
    FailureReason.GAVE_UP: gettext_lazy("Once the CRM answers again, try again."),
}
"""What to do about each reason."""


class Group(NamedTuple):
    """A cause as the page shows it."""

    cause: Cause
    advice: str | Promise
    fix: Fix | None
    can_try_again: bool
    calls_address: str


class NeedsAttentionView(ConsoleMixin, TemplateView):
    template_name = "console/attention/needs_attention.html"

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        attention = find_attention(self.organization, context["open_circuit"])
        return {
            **context,
            "waiting": attention.waiting,
            "count": attention.count,
            "groups": [make_group(self.organization, c) for c in attention.open],
            "muted": [make_group(self.organization, c) for c in attention.muted],
            "verdicts": Verdict.choices_for(self.organization.platform),
            "credentials_address": credentials_address(self.organization),
            "may_act": self.member.may(Role.OPERATOR),
            "checked_at": timezone.now(),
        }


def make_group(organization: Organization, cause: Cause) -> Group:
    here = reverse("console:needs-attention")
    fix = find_fix(organization, cause.reason, cause.mapping, way_back=here)
    is_failure = cause.reason in FailureReason
    filters = {
        "state": "failed" if is_failure else "needs-attention",
        "reason": cause.reason.value,
    }
    if cause.extension:
        filters["extension"] = cause.extension.extension_number
    return Group(
        cause=cause,
        advice=ADVICE[cause.reason],
        fix=fix,
        can_try_again=fix is None and cause.reason not in ONE_BY_ONE,
        calls_address=f"{reverse('console:calls')}?{urlencode(filters)}",
    )


class CauseActionView(ConsoleMixin, View):
    """Something done about all calls of a cause; ``cause`` is its key."""

    post_role = Role.OPERATOR

    def post(self, request: HttpRequest) -> HttpResponse:
        cause = request.POST.get("cause", "").replace("\0", "")
        if message := self.act(cause):
            messages.success(request, message)
        else:
            messages.info(request, _("No call is held back by this any more."))
        return redirect("console:needs-attention")

    def act(self, key: str) -> str:
        """Return a message that says what was done; empty if there is no such cause."""
        raise NotImplementedError


class TryCauseAgainView(CauseActionView):
    def act(self, key: str) -> str:
        calls = calls_of(self.organization, key)
        count = try_all_again(
            self.organization, calls, actor=self.actor, now=timezone.now()
        )
        queue.send_due()
        message = ngettext(
            "%(count)d call is tried again.", "%(count)d calls are tried again.", count
        )
        return message % {"count": count} if count else ""


class LeaveCauseView(CauseActionView):
    def act(self, key: str) -> str:
        calls = calls_of(self.organization, key)
        count = leave(self.organization, calls, actor=self.actor, now=timezone.now())
        message = ngettext(
            "%(count)d call is left as it is.",
            "%(count)d calls are left as they are.",
            count,
        )
        return message % {"count": count} if count else ""


class AcknowledgeCauseView(CauseActionView):
    def act(self, key: str) -> str:
        is_known = acknowledge(
            self.organization, key, actor=self.actor, now=timezone.now()
        )
        return (
            _("You are reminded when it holds back another call.") if is_known else ""
        )
