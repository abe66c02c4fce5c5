"""The audit log page: who did what, when and from where."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View

from appconnect.console.settings.audit_text import changes_of, words_of
from appconnect.console.shell.spreadsheet import csv_response
from appconnect.console.shell.views import ConsoleMixin, Role
from appconnect.organizations.models import AuditEntry

Action = AuditEntry.Action
PAGE_SIZE = 50
YEARS = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2999, 12, 31))]
ABOUT_A_CALL = (
    *(Action.OUTCOME_DECIDED, Action.CONTACT_CHOSEN, Action.NUMBER_EXCLUDED),
    *(Action.NUMBER_SHOWN, Action.DRY_RUN),
)
"""Their entries name a call by its session id."""
HEADINGS = (
    *(gettext_lazy("Time (UTC)"), gettext_lazy("Person")),
    *(gettext_lazy("IP address"), gettext_lazy("Action"), gettext_lazy("Object")),
    *(gettext_lazy("Changes"), gettext_lazy("Settings version")),
)


class AuditFilterForm(forms.Form):
    """Selects the entries that are shown or exported."""

    actor = forms.CharField(
        label=gettext_lazy("Person"), required=False, max_length=200
    )
    action = forms.ChoiceField(
        label=gettext_lazy("Action"),
        required=False,
        choices=[("", gettext_lazy("All actions")), *Action.choices],
    )
    since = forms.DateField(
        label=gettext_lazy("From"),
        required=False,
        validators=YEARS,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label=gettext_lazy("Until"),
        required=False,
        validators=YEARS,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def narrow(self, entries: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        """Return the entries that match; days are in the page's time zone."""
        self.full_clean()
        chosen = self.cleaned_data
        if actor := chosen.get("actor"):
            entries = entries.filter(actor__icontains=actor)
        if action := chosen.get("action"):
            entries = entries.filter(action=action)
        if since := chosen.get("since"):
            entries = entries.filter(at__gte=midnight(since))
        if until := chosen.get("until"):
            entries = entries.filter(at__lt=midnight(until + timedelta(days=1)))
        return entries


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())


def call_address(entry: AuditEntry) -> str:
    """Return where the call is that an entry is about; empty for other entries."""
    if not entry.subject or entry.action not in ABOUT_A_CALL:
        return ""
    return f"{reverse('console:calls')}?{urlencode({'id': entry.subject})}"


class AuditView(ConsoleMixin, TemplateView):
    template_name = "console/admin/audit.html"
    role = Role.ADMIN
    needs_crm = False

    def get_context_data(self, **kwargs):
        query = self.request.GET.copy()
        before = query.pop("before", [""])[-1]
        form = AuditFilterForm(query)
        entries = form.narrow(self.organization.audit_entries.all())
        if before.isdecimal() and len(before) < 19:  # the range of a primary key
            entries = entries.filter(pk__lt=int(before))
        page = list(entries[: PAGE_SIZE + 1])
        has_more = len(page) > PAGE_SIZE
        page = page[:PAGE_SIZE]
        words = words_of(self.organization)
        for entry in page:
            entry.shown_changes = list(changes_of(entry, words))
            entry.call_address = call_address(entry)
        return super().get_context_data(
            entries=page,
            form=form,
            faulty=[form] if form.errors else [],
            query=query.urlencode(),
            is_filtered=any(query.values()),
            next_before=page[-1].pk if has_more else "",
            **kwargs,
        )


class AuditExportView(ConsoleMixin, View):
    """The same entries as a CSV file, the newest first."""

    role = Role.ADMIN
    needs_crm = False
    is_export = True

    def get(self, request: HttpRequest) -> HttpResponseBase:
        form = AuditFilterForm(request.GET)
        if not form.is_valid():  # the page shows what is wrong
            return redirect(f"{reverse('console:audit')}?{request.GET.urlencode()}")
        entries = form.narrow(self.organization.audit_entries.all())
        return csv_response(self.rows(entries), filename="audit-log.csv")

    def rows(self, entries: QuerySet[AuditEntry]) -> Iterator[tuple[Any, ...]]:
        words = words_of(self.organization)
        yield HEADINGS
        for entry in entries.iterator():
            yield (
                entry.at.isoformat(),
                entry.actor,
                entry.address,
                entry.get_action_display(),
                entry.subject,
                "; ".join(map(str, changes_of(entry, words))),
                entry.configuration_version,
            )
