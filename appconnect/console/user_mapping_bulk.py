"""One thing done to several extensions of the mapping table."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import View

from appconnect.calls import queue
from appconnect.console.user_mapping import MappingMixin
from appconnect.console.views import Role
from appconnect.organizations.logged_extensions import set_logged
from appconnect.organizations.mapping_changes import (
    ChangedMeanwhile,
    MappingChange,
    apply_changes,
)
from appconnect.organizations.models import MappingBatch, UserMapping


class UserMappingBulkView(MappingMixin, View):
    """``action`` is ``nobody``, ``leave-out`` or ``log``; ``mapping`` are those it is for."""

    post_role = Role.OPERATOR

    def post(self, request: HttpRequest) -> HttpResponse:
        chosen = filter(is_key, request.POST.getlist("mapping"))
        mappings = list(self.mappings().filter(pk__in=chosen))
        action = request.POST.get("action")
        if not mappings:
            messages.info(request, _("Choose extensions first."))
        elif action == "nobody":
            self.map_to_nobody(mappings)
        elif action in ("leave-out", "log"):
            self.set_logged(mappings, is_logged=action == "log")
        here = QueryDict(request.POST.get("here", "")).urlencode()
        return redirect(f"{reverse('console:user-mapping')}?{here}")

    def map_to_nobody(self, mappings: list[UserMapping]) -> None:
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
        said = ngettext(
            "%(count)d extension is mapped to nobody.",
            "%(count)d extensions are mapped to nobody.",
            count,
        )
        messages.success(self.request, said % {"count": count})

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
            said = ngettext(
                "The calls of %(count)d extension are logged again.",
                "The calls of %(count)d extensions are logged again.",
                count,
            )
        else:
            said = ngettext(
                "The calls of %(count)d extension are no longer logged.",
                "The calls of %(count)d extensions are no longer logged.",
                count,
            )
        messages.success(self.request, said % {"count": count})


def is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
