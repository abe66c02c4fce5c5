"""The calls page: every call, where it went and why."""

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from appconnect.calls.models import CallEvent
from appconnect.console.calls.call_export import MOST_ROWS
from appconnect.console.calls.call_filters import STATES, CallFilterForm
from appconnect.console.calls.number_form import NumberForm
from appconnect.console.calls.paging import cursor, events_after, page_of
from appconnect.console.calls.retry_batch import calls_address
from appconnect.console.shell.views import ConsoleMixin, Role
from appconnect.organizations.models import Extension, Organization

REDRIVABLE = ("needs-attention", "failed")
MOST_NEW = 99
"""More new calls than these are not counted."""


class CallsView(ConsoleMixin, TemplateView):
    template_name = "console/calls/calls.html"

    @property
    def asked(self) -> QueryDict:
        """What the page is narrowed down by."""
        return self.request.GET

    def make_form(self) -> CallFilterForm:
        return CallFilterForm(self.asked, organization=self.organization)

    def make_number_form(self, data: QueryDict | None = None) -> NumberForm:
        return NumberForm(
            data,
            organization=self.organization,
            label=_("Phone number of the other side"),
        )

    def get_context_data(self, **kwargs):
        kwargs.setdefault("number_form", self.make_number_form())
        asked, form = self.asked, self.make_form()
        events = form.filter(self.organization.call_events.with_crm_record())
        before, after = asked.get("before", ""), asked.get("after", "")
        page = page_of(events, before=before, after=after)
        name_extensions(self.organization, page.events)
        state = form.given.get("state", "")
        redrives = self.organization.redrives
        return super().get_context_data(
            events=page.events,
            form=form,
            faulty=[kwargs["number_form"]] if kwargs["number_form"].errors else [],
            page=page,
            state=state,
            states=[
                (label, form.query(state=key), key == state)
                for key, (label, _statuses) in STATES.items()
            ],
            query=form.query(),
            without_number=form.query(number=""),
            without_redrive=form.query(redrive=""),
            is_newest=not page.later,
            newest=cursor(page.events[0]) if page.events else "",
            can_redrive=state in REDRIVABLE and self.member.may(Role.OPERATOR),
            redrives=redrives.under_way(timezone.now()),
            shown_redrive=redrives.with_progress()
            .filter(pk=form.cleaned_data.get("redrive"))
            .first(),
            most_rows=MOST_ROWS,
            **kwargs,
        )


class NewCallsView(ConsoleMixin, TemplateView):
    """Say how many calls came since the page was shown; 204 where that was said already."""

    template_name = "console/calls/_new_calls.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        if "stop" in request.GET:
            return self.render_to_response(self.get_context_data())
        form = CallFilterForm(request.GET, organization=self.organization)
        since = request.GET.get("since", "")
        new = events_after(form.filter(self.organization.call_events.all()), since)
        count = new[: MOST_NEW + 1].count()
        if str(count) == request.GET.get("shown", "0"):
            return HttpResponse(status=204)
        return self.render_to_response(
            self.get_context_data(
                count=min(count, MOST_NEW),
                shown=count,
                has_more=count > MOST_NEW,
                query=form.query(),
                newest=since,
                is_newest=True,
            )
        )


def name_extensions(organization: Organization, events: list[CallEvent]) -> None:
    """Give each event its `extension`, None where the directory does not have it."""
    ids = {event.extension_id for event in events}
    known = organization.extensions.filter(extension_id__in=ids)
    by_id: dict[str, Extension] = {e.extension_id: e for e in known}
    for event in events:
        event.extension = by_id.get(event.extension_id)


class FindNumberView(CallsView):
    """Narrow the page down to a number, which itself appears in no address."""

    post_role = Role.VIEWER

    @property
    def asked(self) -> QueryDict:
        return self.request.POST

    def get(self, request: HttpRequest) -> HttpResponse:
        return redirect("console:calls")

    def post(self, request: HttpRequest) -> HttpResponse:
        number_form = self.make_number_form(request.POST)
        if not number_form.is_valid():
            context = self.get_context_data(number_form=number_form)
            return self.render_to_response(context)
        number = number_form.cleaned_data["phone_number"]
        form = self.make_form()
        return redirect(
            calls_address(form.query(number=self.organization.number_hash(number)))
        )
