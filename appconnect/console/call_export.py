"""The calls that the page's filters match, as a table for a spreadsheet."""

import csv
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import View

from appconnect.calls.models.call_event_queryset import CallEventQuerySet
from appconnect.console.call_filters import CallFilterForm
from appconnect.console.paging import cursor, events_before, newest
from appconnect.console.redrive import calls_address
from appconnect.console.templatetags.calls import other_side
from appconnect.console.views import ConsoleMixin
from appconnect.organizations.models import Organization

MOST_ROWS = 100_000
CHUNK = 1000
BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Echo:
    """Something to write to that hands back what is written."""

    def write(self, text: str) -> str:
        return text


class ExportCallsView(ConsoleMixin, View):
    """Send the newest calls that match, row by row; numbers as the page shows them."""

    def get(self, request: HttpRequest) -> HttpResponse:
        form = CallFilterForm(request.GET, organization=self.organization)
        if not form.is_valid():  # the page names what is wrong
            return redirect(calls_address(form.query()))
        events = form.filter(self.organization.call_events.with_crm_record())
        writer = csv.writer(Echo())
        lines = map(writer.writerow, rows_of(self.organization, events))
        today = timezone.localdate().isoformat()
        disposition = f'attachment; filename="calls-{today}.csv"'
        return StreamingHttpResponse(
            lines,
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": disposition},
        )


def rows_of(
    organization: Organization, events: CallEventQuerySet
) -> Iterator[list[str]]:
    """Yield the head, then a row for each call; reads `CHUNK` calls at once."""
    yield [
        *(_("Time"), _("Direction"), _("Other side"), _("Extension"), _("Person")),
        *(_("Seconds"), _("Outcome"), _("Reason")),
        *(_("CRM record"), _("Owner"), _("Session"), _("Call")),
    ]
    extensions = {row.extension_id: row for row in organization.extensions.all()}
    zone = ZoneInfo(organization.time_zone)  # the view's own is gone while this runs
    place = ""
    for _chunk in range(MOST_ROWS // CHUNK):
        chunk = newest(events_before(events, place), CHUNK)
        for event in chunk:
            extension = extensions.get(event.extension_id)
            record = event.crm_record
            cells = (
                event.started_at.astimezone(zone).isoformat(timespec="seconds"),
                event.direction,
                other_side(event),
                extension.extension_number if extension else "",
                extension.name if extension else "",
                "" if event.duration_seconds is None else event.duration_seconds,
                event.get_status_display(),
                event.get_reason_display(),
                record.crm_log_id if record else "",
                record.owner_name if record else "",
                event.telephony_session_id,
                event.pk,
            )
            yield [harmless(cell) for cell in cells]
        if len(chunk) < CHUNK:
            return
        place = cursor(chunk[-1])


def harmless(cell: object) -> str:
    """Return the text of a cell, which no spreadsheet takes for a formula."""
    text = str(cell)
    return f"'{text}" if text.startswith(BEGINS_FORMULA) else text
