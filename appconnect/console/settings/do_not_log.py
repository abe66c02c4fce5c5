"""The do-not-log page: the list of numbers, adding many at a time, and removing them."""

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView, View

from appconnect.console.shell.views import ConsoleMixin, Role
from appconnect.organizations.logging_settings.do_not_log import (
    add_do_not_log_numbers,
    read_entries,
    remove_do_not_log_numbers,
)
from appconnect.organizations.models import Organization
from appconnect.worker import queue

PAGE_SIZE = 100


class NumbersForm(forms.Form):
    """A pasted list of numbers; entries with an error stay in the field."""

    numbers = forms.CharField(
        label=gettext_lazy("Numbers to add"),
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "Phone numbers or extensions, separated by commas or lines. +1650555* "
            "stands for all numbers that start this way."
        ),
    )
    label = forms.CharField(
        label=gettext_lazy("Label"),
        required=False,
        max_length=100,
        help_text=gettext_lazy("Why they're on the list, such as “Works council”."),
    )

    def read(self, organization: Organization) -> list[str]:
        """Return the valid numbers, and add an error for each other entry."""
        entries = read_entries(self.cleaned_data["numbers"], organization)
        if not entries:
            self.add_error("numbers", _("Enter at least one number."))
        wrong = [entry for entry in entries if entry.fault]
        if wrong:
            self.data = self.data.copy()
            self.data["numbers"] = "\n".join(entry.typed for entry in wrong)
            self.add_error("numbers", [f"{e.typed}: {e.fault}" for e in wrong])
        return [entry.number for entry in entries if entry.number]


class DoNotLogView(ConsoleMixin, TemplateView):
    template_name = "console/settings/do_not_log.html"
    role = Role.ADMIN

    def post(self, request: HttpRequest) -> HttpResponse:
        form = NumbersForm(request.POST)
        if form.is_valid():
            numbers = form.read(self.organization)
            added = add_do_not_log_numbers(
                self.organization,
                numbers,
                label=form.cleaned_data["label"],
                actor=self.actor,
                now=timezone.now(),
            )
            queue.configuration_changed(self.organization)
            if numbers:
                messages.success(request, added_message(added, len(numbers)))
            if not form.errors:
                return redirect("console:do-not-log")
        return self.render_to_response(self.get_context_data(form=form))

    def get_context_data(self, **kwargs):
        kwargs.setdefault("form", NumbersForm())
        rows = self.organization.do_not_log_numbers.order_by(
            F("added_at").desc(nulls_last=True), "pk"
        )
        page = Paginator(rows, PAGE_SIZE).get_page(self.request.GET.get("page"))
        return super().get_context_data(page=page, **kwargs)


class RemoveFromDoNotLogView(ConsoleMixin, View):
    def post(self, request: HttpRequest) -> HttpResponse:
        chosen = set(request.POST.getlist("number"))
        rows = self.organization.do_not_log_numbers.all()
        removed = remove_do_not_log_numbers(
            self.organization,
            [row for row in rows if str(row.pk) in chosen],
            actor=self.actor,
            now=timezone.now(),
        )
        if not removed:
            messages.info(
                request, _("Select at least one number that is still on the list.")
            )
            return redirect("console:do-not-log")
        queue.configuration_changed(self.organization)
        messages.success(
            request,
            ngettext(
                "%d number removed. Its calls are logged from now on.",
                "%d numbers removed. Their calls are logged from now on.",
                removed,
            )
            % removed,
        )
        return redirect("console:do-not-log")


def added_message(added: int, understood: int) -> str:
    message = ngettext(
        "%d number added to the list.", "%d numbers added to the list.", added
    )
    present = understood - added
    if not present:
        return message % added
    also = ngettext("%d was on it already.", "%d were on it already.", present)
    return f"{message % added} {also % present}"
