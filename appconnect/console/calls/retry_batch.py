"""Retrying many calls at once, from the calls page."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import TemplateView, View

from appconnect.calls.actions.calls import cancel_retry_batch, try_all_again
from appconnect.calls.actions.retry_batch import MAX_AT_ONCE, retryable
from appconnect.calls.models.call_queries import CallSessionQuerySet
from appconnect.console.calls.call_filters import CallFilterForm
from appconnect.console.shell.templatetags.people import number
from appconnect.console.shell.views import ConsoleMixin, Role
from appconnect.worker import queue


def calls_address(query: str) -> str:
    address = reverse("console:calls")
    return f"{address}?{query}" if query else address


class RetryBatchView(ConsoleMixin, TemplateView):
    """Show what a retry of the chosen calls does; a POST starts it.

    The calls are given one by one as `call`, or by the page's filters if `all` is set.
    """

    template_name = "console/calls/retry_batch.html"
    role = post_role = Role.OPERATOR

    def chosen_calls(self, data: QueryDict) -> CallSessionQuerySet:
        calls = self.organization.calls.all()
        if "all" in data:
            return CallFilterForm(data, organization=self.organization).filter(calls)
        return calls.filter(pk__in=filter(is_uuid, data.getlist("call")))

    def get_context_data(self, **kwargs):
        data = self.request.GET
        calls = retryable(self.organization, self.chosen_calls(data))
        found = calls[: MAX_AT_ONCE + 1].count()
        form = CallFilterForm(data, organization=self.organization)
        count = min(found, MAX_AT_ONCE)
        title = ngettext("Retry %(count)s call?", "Retry %(count)s calls?", count)
        return super().get_context_data(
            title=title % {"count": number(count)} if count else _("Retry calls"),
            count=count,
            has_more=found > MAX_AT_ONCE,
            calls=filter(is_uuid, data.getlist("call")),
            is_all="all" in data,
            filters=form.given,
            back=calls_address(form.query()),
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        batch = try_all_again(
            self.organization,
            self.chosen_calls(request.POST),
            actor=self.actor,
            now=timezone.now(),
        )
        if batch is None:
            messages.info(request, _("None of the selected calls can be retried."))
            return redirect("console:calls")
        queue.send_due()
        count = batch.size
        messages.success(
            request,
            ngettext(
                "Retrying %(count)d call.",
                "Retrying %(count)d calls.",
                count,
            )
            % {"count": count},
        )
        return redirect(calls_address(f"retry_batch={batch.pk}"))


class CancelRetryBatchView(ConsoleMixin, View):
    post_role = Role.OPERATOR

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        batch = get_object_or_404(self.organization.retry_batches, pk=pk)
        count = cancel_retry_batch(batch, actor=self.actor, now=timezone.now())
        if not count:
            messages.info(
                request, _("Nothing to cancel: all of its calls have started.")
            )
            return redirect("console:calls")
        messages.success(
            request,
            ngettext(
                "Retry canceled: %(count)d call is held.",
                "Retry canceled: %(count)d calls are held.",
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
