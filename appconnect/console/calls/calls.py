"""The calls page: every call, its outcome and the reason."""

from django.db.models import Count
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from appconnect.console.calls.call_export import MAX_ROWS
from appconnect.console.calls.call_filters import (
    COUNTED,
    STATES,
    CallFilterForm,
    NumberForm,
)
from appconnect.console.calls.outcomes import Outlook, describe
from appconnect.console.calls.paging import calls_after, cursor, page_of
from appconnect.console.calls.retry_batch import calls_address
from appconnect.console.shell.navigation import Filter
from appconnect.console.shell.views import ConsoleMixin, Role
from appconnect.organizations.models import Organization
from appconnect.organizations.security.sign_in_defense import take_request

RETRYABLE = ("needs-attention", "failed")
MAX_NEW = 99
"""More new calls than these are not counted."""
MAX_NUMBERS_PER_MINUTE = 30
"""That one person looks for."""


class CallsView(ConsoleMixin, TemplateView):
    template_name = "console/calls/calls.html"

    @property
    def query_data(self) -> QueryDict:
        """The data of the filters."""
        return self.request.GET

    def make_form(self) -> CallFilterForm:
        return CallFilterForm(self.query_data, organization=self.organization)

    def make_number_form(self, data: QueryDict | None = None) -> NumberForm:
        return NumberForm(
            data,
            organization=self.organization,
            label=_("Phone number"),
        )

    def get_context_data(self, **kwargs):
        kwargs.setdefault("number_form", self.make_number_form())
        data, form = self.query_data, self.make_form()
        calls = form.filter(self.organization.calls.with_crm_record())
        before, after = data.get("before", ""), data.get("after", "")
        page = page_of(calls, before=before, after=after)
        self.organization.extensions.attach_to(page.calls)
        outlook = Outlook.of(self.organization)
        for call in page.calls:
            describe(call, outlook)
        state = form.given.get("state", "")
        retry_batches = self.organization.retry_batches
        return super().get_context_data(
            calls=page.calls,
            form=form,
            faulty=[kwargs["number_form"]] if kwargs["number_form"].errors else [],
            page=page,
            state=state,
            states=list_states(form, self.organization, chosen=state),
            query=form.query(),
            without_number=form.query(number=""),
            without_batch=form.query(retry_batch=""),
            is_newest=not page.later,
            newest=cursor(page.calls[0]) if page.calls else "",
            can_retry=state in RETRYABLE and self.member.may(Role.OPERATOR),
            retry_batches=retry_batches.under_way(timezone.now()),
            shown_batch=retry_batches.with_progress()
            .filter(pk=form.cleaned_data.get("retry_batch"))
            .first(),
            most_rows=MAX_ROWS,
            **kwargs,
        )


class NewCallsView(ConsoleMixin, TemplateView):
    """The number of calls since the page was shown; 204 if the page shows it already."""

    template_name = "console/calls/_new_calls.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        form = CallFilterForm(request.GET, organization=self.organization)
        since = request.GET.get("since", "")
        new = calls_after(form.filter(self.organization.calls.all()), since)
        count = new[: MAX_NEW + 1].count()
        if str(count) == request.GET.get("shown", "0"):
            return HttpResponse(status=204)
        return self.render_to_response(
            self.get_context_data(
                count=min(count, MAX_NEW),
                shown=count,
                has_more=count > MAX_NEW,
                query=form.query(),
                newest=since,
                is_newest=True,
            )
        )


def list_states(
    form: CallFilterForm, organization: Organization, *, chosen: str
) -> list[Filter]:
    """Return the tabs; those of few calls with their number, whatever the state is."""
    statuses = [status for key in COUNTED for status in STATES[key].statuses]
    calls = form.filter(organization.calls.all(), is_of_any_state=True)
    counted = dict(
        calls.filter(status__in=statuses).values_list("status").annotate(Count("pk"))
    )
    return [
        Filter(
            state.label,
            form.query(state=key),
            is_chosen=key == chosen,
            count=sum(counted.get(status, 0) for status in state.statuses)
            if key in COUNTED
            else None,
            state="warn" if key == "needs-attention" else "",
        )
        for key, state in STATES.items()
    ]


class FindNumberView(CallsView):
    """Filter by a phone number; the URL has only its keyed hashes.

    So many numbers a minute that nobody finds a masked one by trying them all.
    """

    post_role = Role.VIEWER

    @property
    def query_data(self) -> QueryDict:
        return self.request.POST

    def get(self, request: HttpRequest) -> HttpResponse:
        return redirect("console:calls")

    def post(self, request: HttpRequest) -> HttpResponse:
        number_form = self.make_number_form(request.POST)
        if number_form.is_valid() and not self.has_room():
            number_form.add_error(
                "phone_number",
                _(
                    "You can look for %d numbers a minute. Wait a minute, then try again."
                )
                % MAX_NUMBERS_PER_MINUTE,
            )
        if number_form.errors:
            context = self.get_context_data(number_form=number_form)
            return self.render_to_response(context)
        number = number_form.cleaned_data["phone_number"]
        form = self.make_form()
        return redirect(
            calls_address(
                form.query(number=",".join(self.organization.number_hashes(number)))
            )
        )

    def has_room(self) -> bool:
        """Count the number to the person; log in the audit log that it is one too many."""
        has_room = take_request(
            f"find-number:{self.member.pk}",
            None,
            max_per_minute=MAX_NUMBERS_PER_MINUTE,
            now=timezone.now(),
        )
        if not has_room:
            self.record_denial()
        return has_room
