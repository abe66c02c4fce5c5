"""The dry run: what the worker would decide about a call, without writing anything."""

import uuid
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from appconnect.calls.actions.dry_run import (
    DryRun,
    DryRunOutcome,
    TooManyDryRuns,
    admit,
    try_call,
    try_record,
)
from appconnect.calls.models import CallSession
from appconnect.calls.models.choices import StepName
from appconnect.console.attention.dry_run_form import DryRunForm
from appconnect.console.shell.errors import NotThere
from appconnect.console.shell.views import ConsoleMixin, Role

STATES = {
    DryRunOutcome.LOGGED: ("ok", "ok"),
    DryRunOutcome.SKIPPED: ("off", "minus"),
    DryRunOutcome.NEEDS_ATTENTION: ("warn", "warning"),
    DryRunOutcome.WAITS: ("info", "clock"),
    DryRunOutcome.ALREADY_LOGGED: ("info", "info"),
}
"""The state of the stylesheet and the icon of each outcome."""

ICONS = {
    StepName.ELIGIBLE: "rules",
    StepName.CONTACT: "person",
    StepName.OWNER: "swap",
    StepName.CREDENTIALS: "lock",
}


class DryRunView(ConsoleMixin, TemplateView):
    """Shows the result of a dry run, which is a POST: no URL contains a number."""

    template_name = "console/attention/dry_run.html"
    role = Role.OPERATOR
    post_role = Role.OPERATOR

    def post(self, request: HttpRequest) -> HttpResponse:
        now = timezone.now()
        call = self.find_call(request.POST.get("call", ""))
        form = self.make_form(None if call else request.POST, now=now)
        if not call and not form.is_valid():
            return self.show(form=form)
        try:
            admit(self.organization, call, actor=self.actor, now=now)
        except TooManyDryRuns:
            return self.show(form=form, is_too_many=True, status=429)
        if call:
            result = try_call(call, now=now)
        else:
            result = try_record(self.organization, form.make_record(), now=now)
        return self.show(form=form, call=call, result=result)

    def show(self, *, status: int = 200, **context) -> HttpResponse:
        return self.render_to_response(self.get_context_data(**context), status=status)

    def make_form(self, data=None, *, now: datetime) -> DryRunForm:
        return DryRunForm(data, organization=self.organization, now=now)

    def find_call(self, key: str) -> CallSession | None:
        """Return the past call with this id, if its details are still stored.

        Raises `Http404` otherwise; returns None without an id.
        """
        if not key:
            return None
        try:
            pk = uuid.UUID(key)
        except ValueError as error:
            raise NotThere(_("This call doesn't exist.")) from error
        calls = self.organization.calls.with_crm_record()
        call = get_object_or_404(calls, pk=pk)
        if call.details is None:
            raise NotThere(
                _("Details of this call were removed, so it can't be simulated.")
            )
        call.organization = self.organization
        return call

    def get_context_data(self, **kwargs):
        kwargs.setdefault("call", self.find_call(self.request.GET.get("call", "")))
        kwargs.setdefault("form", self.make_form(now=timezone.now()))
        form, result = kwargs["form"], kwargs.get("result")
        if result:
            kwargs["state"], kwargs["icon"] = STATES[result.outcome]
            crm = self.organization.declared.display_name
            kwargs["reasons"] = reasons_of(result, crm=crm)
        return super().get_context_data(
            faulty=[form] if form.errors else [],
            **kwargs,
        )


def reasons_of(result: DryRun, *, crm: str) -> list[dict[str, str]]:
    """Return what was decided, step by step, with the contact and the owner by name."""
    names = {}
    if decision := result.decision:
        names[StepName.CONTACT] = decision.contact.name
        names[StepName.OWNER] = decision.owner.name if decision.owner else ""
    return [
        {
            "icon": ICONS.get(step.name, "check"),
            "title": ": ".join(
                filter(None, (str(step.name.label), names.get(step.name)))
            ),
            "text": step.message.text(crm=crm),
        }
        for step in result.steps
    ]
