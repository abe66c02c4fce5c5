"""What would happen to a call? The answer of the worker's own decision, on a page."""

import uuid
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from appconnect.calls.actions.dry_run import (
    TooManyDryRuns,
    admit,
    try_event,
    try_record,
)
from appconnect.calls.models import CallEvent
from appconnect.console.attention.dry_run_form import DryRunForm
from appconnect.console.shell.errors import NotThere
from appconnect.console.shell.views import ConsoleMixin, Role


class DryRunView(ConsoleMixin, TemplateView):
    """The answer is the reply to a POST: no address ever holds a number."""

    template_name = "console/attention/dry_run.html"
    role = Role.OPERATOR
    post_role = Role.OPERATOR

    def post(self, request: HttpRequest) -> HttpResponse:
        now = timezone.now()
        event = self.find_event(request.POST.get("call", ""))
        form = self.make_form(None if event else request.POST, now=now)
        if not event and not form.is_valid():
            return self.show(form=form)
        try:
            admit(self.organization, event, actor=self.actor, now=now)
        except TooManyDryRuns:
            return self.show(form=form, is_too_many=True, status=429)
        if event:
            result = try_event(event, now=now)
        else:
            result = try_record(self.organization, form.make_record(), now=now)
        return self.show(form=form, event=event, result=result)

    def show(self, *, status: int = 200, **context) -> HttpResponse:
        return self.render_to_response(self.get_context_data(**context), status=status)

    def make_form(self, data=None, *, now: datetime) -> DryRunForm:
        return DryRunForm(data, organization=self.organization, now=now)

    def find_event(self, key: str) -> CallEvent | None:
        """Return the past call that is asked about, as far as something is kept of it."""
        if not key:
            return None
        try:
            pk = uuid.UUID(key)
        except ValueError as error:
            raise NotThere(_("There is no such call.")) from error
        events = self.organization.call_events.with_crm_record()
        event = get_object_or_404(events, pk=pk)
        if event.details is None:
            raise NotThere(_("Nothing is kept of this call that could be asked about."))
        event.organization = self.organization
        return event

    def get_context_data(self, **kwargs):
        kwargs.setdefault("event", self.find_event(self.request.GET.get("call", "")))
        kwargs.setdefault("form", self.make_form(now=timezone.now()))
        form = kwargs["form"]
        return super().get_context_data(
            faulty=[form] if form.errors else [],
            **kwargs,
        )
