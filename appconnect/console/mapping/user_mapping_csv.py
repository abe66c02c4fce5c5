"""Export and import of the user mapping as a CSV file."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import TemplateView, View

from appconnect.console.mapping.user_mapping import MappingMixin
from appconnect.console.shell.spreadsheet import csv_response
from appconnect.console.shell.views import Role
from appconnect.organizations.mapping.csv_file import MAX_BYTES, UnreadableFile
from appconnect.organizations.mapping.mapping_changes import (
    ChangedMeanwhile,
    MappingChange,
    apply_changes,
)
from appconnect.organizations.mapping.mapping_csv import (
    compare,
    exported_rows,
    write_changes,
)
from appconnect.organizations.models import MappingBatch

MAX_SHOWN = 500


class UserMappingExportView(MappingMixin, View):
    is_export = True

    def get(self, request: HttpRequest) -> StreamingHttpResponse:
        self.mappings()
        rows = exported_rows(self.organization)
        return csv_response(rows, filename="user-mapping.csv")


class UserMappingImportView(MappingMixin, TemplateView):
    """Show what a file would change in the mapping; apply it once that is confirmed.

    The preview posts the changes back as a file, which is compared again.
    """

    template_name = "console/mapping/user_mapping_import.html"
    role = post_role = Role.OPERATOR

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        self.mappings()
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        self.mappings()
        is_confirmed = "changes" in request.POST
        try:
            comparison = compare(self.organization, posted_file(request))
            changes = write_changes(comparison.changes)
        except UnreadableFile as error:
            return self.render_to_response(self.get_context_data(failure=error))
        if is_confirmed and not comparison.errors:
            return self.apply(comparison.changes)
        context = self.get_context_data(
            comparison=comparison,
            errors=comparison.errors[:MAX_SHOWN],
            more_errors=len(comparison.errors[MAX_SHOWN:]),
            shown=comparison.changes[:MAX_SHOWN],
            more_changes=len(comparison.changes[MAX_SHOWN:]),
            changes=changes,
        )
        return self.render_to_response(context)

    def apply(self, changes: list[MappingChange]) -> HttpResponse:
        try:
            apply_changes(
                self.organization,
                changes,
                source=MappingBatch.Source.CSV,
                actor=self.actor,
                now=timezone.now(),
            )
        except ChangedMeanwhile as error:
            text = _("%s Nothing changed. Export the mapping again.")
            messages.error(self.request, text % error)
            return redirect("console:user-mapping-import")
        mapped = [change.mapping for change in changes if change.crm_user]
        message = ngettext(
            "%(count)d mapping changed.",
            "%(count)d mappings changed.",
            len(changes),
        )
        logged = self.log_held_calls(mapped)
        messages.success(self.request, message % {"count": len(changes)} + logged)
        return redirect("console:user-mapping")


def posted_file(request: HttpRequest) -> bytes:
    """Return the file that was uploaded, or that the preview sent back."""
    if "changes" in request.POST:
        return request.POST["changes"].encode()
    upload = request.FILES.get("file")
    if upload is None:
        raise UnreadableFile(_("Choose a file first."))
    return upload.read(MAX_BYTES + 1)
