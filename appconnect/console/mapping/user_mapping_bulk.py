"""Actions on several extensions of the mapping table."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import View

from appconnect.console.mapping.user_mapping import MappingMixin
from appconnect.console.mapping.user_mapping_match import (
    applied,
    left_alone,
    parse_choice,
)
from appconnect.console.shell.navigation import way_back
from appconnect.console.shell.views import Role
from appconnect.organizations.logging_settings.logged_extensions import set_logged
from appconnect.organizations.mapping.mapping_changes import (
    ChangedMeanwhile,
    MappingChange,
    apply_changes,
)
from appconnect.organizations.mapping.mapping_proposals import accept
from appconnect.organizations.models import CrmUser, MappingBatch, UserMapping
from appconnect.worker import queue


class UserMappingBulkView(MappingMixin, View):
    """``action`` is ``accept``, ``map``, ``clear``, ``ignore`` or ``log``.

    ``mapping`` is given several times, as ``key:version`` with the suggestion behind it,
    if the row has one: what was changed since the page was loaded stays as it is, and is
    named in a message. ``only`` is the suggestion of one row to accept.
    """

    post_role = Role.OPERATOR

    def post(self, request: HttpRequest) -> HttpResponse:
        self.act(request)
        return redirect(way_back(request) or "console:user-mapping")

    def act(self, request: HttpRequest) -> None:
        if only := request.POST.get("only"):
            return self.accept([only])
        sent = request.POST.getlist("mapping")
        seen = dict(filter(None, map(parse_row, sent)))
        mappings = self.mappings().filter(pk__in=seen)
        mappings = list(mappings.order_by("extension__extension_number", "pk"))
        action = request.POST.get("action")
        if not mappings:
            messages.info(request, _("Select at least one extension."))
        elif action == "accept":
            self.accept(sent)
        elif action == "map":
            self.map(mappings, seen, self.chosen_user())
        elif action == "clear":
            self.map(mappings, seen, None, is_clearing=True)
        elif action in ("ignore", "log"):
            self.set_logged(mappings, is_logged=action == "log")

    def chosen_user(self) -> CrmUser | None:
        chosen = self.request.POST.get("crm_user", "").replace("\0", "")
        return self.crm_users().filter(crm_user_id=chosen, is_active=True).first()

    def accept(self, rows: list[str]) -> None:
        """Store the suggestions of the rows, as far as they are still the same."""
        choices = list(filter(None, map(parse_choice, rows)))
        batch, left = accept(
            self.organization, choices, actor=self.actor, now=timezone.now()
        )
        if batch:
            written = [change["mapping"] for change in batch.changes]
            logged = self.log_held_calls(self.mappings().filter(pk__in=written))
            messages.success(self.request, applied(batch.size) + logged)
        elif not left:
            messages.info(
                self.request, _("Nothing changed: no selected row has a suggestion.")
            )
        if left:
            messages.warning(self.request, left_alone(left))

    def map(
        self,
        mappings: list[UserMapping],
        seen: dict[int, int],
        user: CrmUser | None,
        *,
        is_clearing: bool = False,
    ) -> None:
        """Map all to one CRM user, or to none."""
        if user is None and not is_clearing:
            messages.info(self.request, _("Choose an active CRM user from the list."))
            return
        unchanged = [m for m in mappings if m.version == seen[m.pk]]
        changes = [
            MappingChange(mapping, user, UserMapping.Match.MANUAL)
            for mapping in unchanged
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
            messages.error(self.request, _("%s Nothing changed.") % error)
            return
        count = batch.size if batch else 0
        if user:
            message = applied(count) + self.log_held_calls(unchanged)
        else:
            queue.send_due()
            message = ngettext(
                "%(count)d mapping cleared.", "%(count)d mappings cleared.", count
            ) % {"count": count}
        if count:
            messages.success(self.request, message)
        if changed := [m for m in mappings if m.version != seen[m.pk]]:
            messages.warning(self.request, left_alone(changed))
        elif not count:
            messages.info(self.request, _("Nothing changed."))

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
                "Calls of %(count)d extension are logged again.",
                "Calls of %(count)d extensions are logged again.",
                count,
            )
        else:
            message = ngettext(
                "Calls of %(count)d extension are no longer logged.",
                "Calls of %(count)d extensions are no longer logged.",
                count,
            )
        messages.success(self.request, message % {"count": count})


def parse_row(text: str) -> tuple[int, int] | None:
    """Return a row's key and version, or None if the text is malformed."""
    key, version, *_suggestion = [*text.split(":"), ""]
    if is_number(key) and is_number(version):
        return int(key), int(version)
    return None


def is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
