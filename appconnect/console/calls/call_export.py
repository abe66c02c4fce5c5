"""The calls that the page's filters match, as a table for a spreadsheet."""

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import View

from appconnect.calls.models.call_queries import CallSessionQuerySet
from appconnect.console.calls.call_filters import CallFilterForm
from appconnect.console.calls.paging import calls_before, cursor, newest
from appconnect.console.calls.retry_batch import calls_address
from appconnect.console.shell.spreadsheet import csv_response
from appconnect.console.shell.templatetags.calls import other_side
from appconnect.console.shell.views import ConsoleMixin
from appconnect.organizations.models import Organization

MAX_ROWS = 100_000
CHUNK_SIZE = 1000


class ExportCallsView(ConsoleMixin, View):
    """Send the newest calls that match, row by row; numbers and times as on the page."""

    is_export = True

    def get(self, request: HttpRequest) -> HttpResponse:
        form = CallFilterForm(request.GET, organization=self.organization)
        if not form.is_valid():  # the page names what is wrong
            return redirect(calls_address(form.query()))
        calls = form.filter(self.organization.calls.with_crm_record())
        # The view's time zone is not active any more when the rows are read.
        zone = timezone.get_current_timezone()
        rows = rows_of(self.organization, calls, zone=zone)
        return csv_response(rows, filename=f"calls-{timezone.localdate()}.csv")


def rows_of(
    organization: Organization, calls: CallSessionQuerySet, *, zone: tzinfo
) -> Iterator[Sequence[object]]:
    """Yield the header, then a row for each call; reads `CHUNK_SIZE` calls at once."""
    yield [
        *(_("Time"), _("Direction"), _("Other party"), _("Extension"), _("Person")),
        *(_("Seconds"), _("Outcome"), _("Reason")),
        *(_("CRM record"), _("Activity owner"), _("Session ID"), _("Call ID")),
    ]
    extensions = {row.extension_id: row for row in organization.extensions.all()}
    place = ""
    for _chunk in range(MAX_ROWS // CHUNK_SIZE):
        chunk = newest(calls_before(calls, place), CHUNK_SIZE)
        for call in chunk:
            extension = extensions.get(call.extension_id)
            record = call.crm_record
            cells = (
                call.started_at.astimezone(zone).isoformat(timespec="seconds"),
                call.direction,
                other_side(call),
                extension.extension_number if extension else "",
                extension.name if extension else "",
                "" if call.duration_seconds is None else call.duration_seconds,
                call.get_status_display(),
                call.get_reason_display(),
                record.record_id if record else "",
                record.owner_name if record else "",
                call.telephony_session_id,
                call.pk,
            )
            yield cells
        if len(chunk) < CHUNK_SIZE:
            return
        place = cursor(chunk[-1])
