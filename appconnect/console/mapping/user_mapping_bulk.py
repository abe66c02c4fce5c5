"""Actions on several extensions of the mapping table."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import View

from appconnect.console.mapping.user_mapping import MappingMixin
from appconnect.console.mapping.user_mapping_match import left_alone
from appconnect.console.shell.views import Role
from appconnect.organizations.logging_settings.logged_extensions import set_logged
from appconnect.organizations.mapping.mapping_changes import (
    ChangedMeanwhile,
    MappingChange,
    apply_changes,
)
from appconnect.organizations.models import MappingBatch, UserMapping
from appconnect.worker import queue


class UserMappingBulkView(MappingMixin, View):
    """``action`` is ``nobody``, ``leave-out`` or ``log``.

    ``mapping`` is given several times, as ``key:version``: a mapping that was changed
    since the page was loaded keeps its owner and is named in a message.
    """

    post_role = Role.OPERATOR

    def post(self, request: HttpRequest) -> HttpResponse:
        seen = dict(filter(None, map(parse_row, request.POST.getlist("mapping"))))
        mappings = self.mappings().filter(pk__in=seen)
        mappings = list(mappings.order_by("extension__extension_number", "pk"))
        action = request.POST.get("action")
        if not mappings:
            messages.info(request, _("Choose extensions first."))
        elif action == "nobody":
            self.map_to_nobody([m for m in mappings if m.version == seen[m.pk]])
            if changed := [m for m in mappings if m.version != seen[m.pk]]:
                messages.warning(request, left_alone(changed))
        elif action in ("leave-out", "log"):
            self.set_logged(mappings, is_logged=action == "log")
        here = QueryDict(request.POST.get("here", "")).urlencode()
        return redirect(f"{reverse('console:user-mapping')}?{here}")

    def map_to_nobody(self, mappings: list[UserMapping]) -> None:
        if not mappings:
            return
        changes = [
            MappingChange(mapping, None, UserMapping.Match.MANUAL)
            for mapping in mappings
        ]
        try:
            batch = apply_changes(
                self.organization,
                changes,
                source=MappingBatch.Source.BULK,
                actor=self.actor,
                now=timezone.now(),
            )
        except ChangedMeanwhile as error:
            messages.error(self.request, _("%s Nothing was written.") % error)
            return
        queue.send_due()
        count = batch.size if batch else 0
        message = ngettext(
            "%(count)d extension is mapped to nobody.",
            "%(count)d extensions are mapped to nobody.",
            count,
        )
        messages.success(self.request, message % {"count": count})

    def set_logged(self, mappings: list[UserMapping], *, is_logged: bool) -> None:
        count = set_logged(
            self.organization,
            [mapping.extension_id for mapping in mappings],
            is_logged=is_logged,
            actor=self.actor,
            now=timezone.now(),
        )
        queue.send_due()
        if is_logged:
            message = ngettext(
                "The calls of %(count)d extension are logged again.",
                "The calls of %(count)d extensions are logged again.",
                count,
            )
        else:
            message = ngettext(
                "The calls of %(count)d extension are no longer logged.",
                "The calls of %(count)d extensions are no longer logged.",
                count,
            )
        messages.success(self.request, message % {"count": count})


def parse_row(text: str) -> tuple[int, int] | None:
    """Return a row's key and version, or None if the text is malformed."""
    key, _colon, version = text.partition(":")
    if is_number(key) and is_number(version):
        return int(key), int(version)
    return None


def is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
