"""The calls page: every call, where it went and why."""

import uuid
from datetime import datetime

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import DetailView, TemplateView, View

from appconnect.calls import queue
from appconnect.calls.look_up import Verdict, decide_undecided
from appconnect.calls.models import CallEvent
from appconnect.calls.redrive import cancel, redrive
from appconnect.calls.status import IN_PROGRESS
from appconnect.console.views import ConsoleMixin, Role
from appconnect.organizations.models import Extension, Organization

PAGE_SIZE = 50
Status = CallEvent.Status
FILTERS = {
    "": (gettext_lazy("All"), tuple(Status)),
    "in-progress": (gettext_lazy("In progress"), IN_PROGRESS),
    "logged": (Status.LOGGED.label, (Status.LOGGED,)),
    "skipped": (Status.SKIPPED.label, (Status.SKIPPED,)),
    "needs-attention": (Status.NEEDS_ATTENTION.label, (Status.NEEDS_ATTENTION,)),
    "failed": (Status.FAILED.label, (Status.FAILED,)),
}


REDRIVABLE = ("needs-attention", "failed")


class CallsView(ConsoleMixin, TemplateView):
    template_name = "console/calls.html"

    def get_context_data(self, **kwargs):
        chosen = self.request.GET.get("state", "")
        events = self.organization.call_events.with_crm_record()
        if chosen in FILTERS and chosen:
            events = events.filter(status__in=FILTERS[chosen][1])
        events = events_before(events, self.request.GET.get("before", ""))
        page = list(events.order_by("-started_at", "-id")[: PAGE_SIZE + 1])
        has_more = len(page) > PAGE_SIZE
        page = page[:PAGE_SIZE]
        name_extensions(self.organization, page)
        return super().get_context_data(
            events=page,
            filters=[(key, label) for key, (label, _) in FILTERS.items()],
            chosen=chosen,
            next_before=cursor(page[-1]) if has_more else "",
            can_redrive=chosen in REDRIVABLE and self.member.may(Role.OPERATOR),
            redrives=self.organization.redrives.under_way(timezone.now()),
            **kwargs,
        )


def cursor(event: CallEvent) -> str:
    return f"{event.started_at.timestamp()}_{event.pk}"


def events_before(events: QuerySet, text: str) -> QuerySet:
    """Return the events after the one a cursor names: a page that new calls do not shift."""
    timestamp, _, pk = text.partition("_")
    try:
        at = datetime.fromtimestamp(
            float(timestamp), tz=timezone.get_default_timezone()
        )
        key = uuid.UUID(pk)
    except (ValueError, OverflowError, OSError):
        return events
    return events.filter(Q(started_at__lt=at) | Q(started_at=at, pk__lt=key))


def name_extensions(organization: Organization, events: list[CallEvent]) -> None:
    """Give each event its `extension`, None where the directory does not have it."""
    ids = {event.extension_id for event in events}
    known = organization.extensions.filter(extension_id__in=ids)
    by_id: dict[str, Extension] = {e.extension_id: e for e in known}
    for event in events:
        event.extension = by_id.get(event.extension_id)


class CallDetailView(ConsoleMixin, DetailView):
    template_name = "console/call_detail.html"
    context_object_name = "event"

    def get_queryset(self):
        return self.organization.call_events.with_crm_record()

    def get_context_data(self, **kwargs):
        name_extensions(self.organization, [self.object])
        return super().get_context_data(
            timeline=self.object.timeline.all(),
            verdicts=Verdict.choices_for(self.organization.platform),
            can_try_again=self.object.is_held and not self.object.is_undecided,
            **kwargs,
        )


class RedriveView(ConsoleMixin, View):
    """Have the chosen calls tried again, or all of a state."""

    post_role = Role.OPERATOR

    def post(self, request: HttpRequest) -> HttpResponse:
        events = self.organization.call_events.all()
        state = request.POST.get("state", "")
        if "all" not in request.POST:
            chosen = request.POST.getlist("call")
            events = events.filter(pk__in=filter(is_uuid, chosen))
        elif state in REDRIVABLE:
            events = events.filter(status__in=FILTERS[state][1])
        else:
            events = events.none()
        count = redrive(
            self.organization,
            events,
            started_by=request.user.get_username(),
            now=timezone.now(),
        )
        if count:
            queue.send_due()
            messages.success(
                request,
                ngettext(
                    "%(count)d call is tried again.",
                    "%(count)d calls are tried again.",
                    count,
                )
                % {"count": count},
            )
        else:
            messages.info(request, _("Choose calls that wait to be tried again."))
        return redirect("console:calls")


class CancelRedriveView(ConsoleMixin, View):
    post_role = Role.OPERATOR

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        started = get_object_or_404(self.organization.redrives, pk=pk)
        name = request.user.get_username()
        count = cancel(started, cancelled_by=name, now=timezone.now())
        messages.success(
            request,
            ngettext(
                "%(count)d call is held again.",
                "%(count)d calls are held again.",
                count,
            )
            % {"count": count},
        )
        return redirect("console:calls")


def is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


class DecideView(ConsoleMixin, View):
    """Take the admin's word for whether a record of unknown outcome is in the CRM."""

    post_role = Role.OPERATOR

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        event = get_object_or_404(self.organization.call_events, pk=pk)
        verdict = request.POST.get("verdict", "")
        if verdict not in Verdict:
            return HttpResponseBadRequest(_("Choose one of the four answers."))
        decide_undecided(event, Verdict(verdict), now=timezone.now())
        queue.dispatch(CallEvent.objects.get(pk=pk))
        return redirect("console:call-detail", pk=pk)


class TryAgainView(ConsoleMixin, View):
    """Have one held call tried again; pressed twice, it is one attempt."""

    post_role = Role.OPERATOR

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        get_object_or_404(self.organization.call_events, pk=pk)
        now = timezone.now()
        if self.organization.call_events.held().filter(pk=pk).make_due(now=now):
            queue.dispatch(CallEvent.objects.get(pk=pk))
            messages.success(request, _("The call is tried again now."))
        else:
            messages.info(request, _("The call is not waiting for anybody."))
        return redirect("console:call-detail", pk=pk)
