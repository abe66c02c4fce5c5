"""Matching with a preview: proposals, accepting them, and undoing the last change."""

from collections.abc import Sequence
from math import ceil

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import TemplateView, View

from appconnect.console.mapping.user_mapping import MappingMixin
from appconnect.console.shell.views import Role
from appconnect.organizations.mapping.mapping_changes import (
    CannotUndo,
    find_undoable,
    undo,
)
from appconnect.organizations.mapping.mapping_proposals import (
    Choice,
    Proposal,
    accept,
    digest,
    find_proposals,
)
from appconnect.organizations.mapping.matching import Confidence, Why
from appconnect.organizations.models import CrmUser, UserMapping
from appconnect.worker import queue

PAGE_SIZES = {
    Confidence.CERTAIN: 50,
    Confidence.LIKELY: 50,
    Confidence.AMBIGUOUS: 25,
    Confidence.NONE: 50,
}
"""Rows of each group on one page, so that it stays below 100 KB."""
MAX_CANDIDATES = 10
MAX_NAMED = 10


class UserMappingMatchView(MappingMixin, TemplateView):
    template_name = "console/mapping/user_mapping_match.html"
    role = post_role = Role.OPERATOR

    def get_context_data(self, **kwargs):
        self.mappings()
        found = find_proposals(self.organization)
        groups = {confidence: found.of(confidence) for confidence in Confidence}
        count = max(ceil(len(groups[c]) / size) for c, size in PAGE_SIZES.items())
        page = Paginator(range(count), 1).get_page(self.request.GET.get("page"))
        shown = {
            confidence: groups[confidence][(page.number - 1) * size :][:size]
            for confidence, size in PAGE_SIZES.items()
        }
        users = self.organization.crm_users.in_bulk(
            {
                user
                for proposals in shown.values()
                for proposal in proposals
                for user in proposal.finding.candidates[:MAX_CANDIDATES]
            }
        )
        return super().get_context_data(
            groups={
                confidence.value.lower(): {
                    "total": len(groups[confidence]),
                    "rows": [row_of(proposal, users) for proposal in proposals],
                }
                for confidence, proposals in shown.items()
            },
            page=page,
            ticked=len(shown[Confidence.CERTAIN]),
            certain_digest=digest(groups[Confidence.CERTAIN]),
            last_batch=find_undoable(self.organization, now=timezone.now()),
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        self.mappings()
        choices = list(filter(None, map(parse_choice, request.POST.getlist("row"))))
        if shown_digest := request.POST.get("certain"):
            certain = find_proposals(self.organization).of(Confidence.CERTAIN)
            choices = [choice for proposal in certain for choice in proposal.choices]
            if digest(certain) != shown_digest:
                messages.error(
                    request,
                    _(
                        "Nothing was mapped: the exact matches have changed. Check them."
                    ),
                )
                return redirect("console:user-mapping-match")
        batch, left = accept(
            self.organization, choices, actor=self.actor, now=timezone.now()
        )
        if batch:
            written = [change["mapping"] for change in batch.changes]
            logged = self.log_held_calls(self.mappings().filter(pk__in=written))
            messages.success(request, applied(batch.size) + logged)
        elif not left:
            messages.info(request, _("Nothing changed: no new suggestion is selected."))
        if left:
            messages.warning(request, left_alone(left))
        return redirect("console:user-mapping-match")


class UndoMappingView(MappingMixin, View):
    """Undo the last change of several mappings."""

    post_role = Role.OPERATOR

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.mappings()
        batch = get_object_or_404(self.organization.mapping_batches, pk=pk)
        try:
            put_back, left = undo(batch, actor=self.actor, now=timezone.now())
        except CannotUndo as error:
            messages.error(request, str(error))
        else:
            queue.send_due()
            messages.success(request, undone(put_back, left))
        return redirect("console:user-mapping")


def row_of(proposal: Proposal, users: dict[int, CrmUser]) -> dict[str, object]:
    """Return a proposal for the template; `value` is what its form sends."""
    return {
        "mapping": proposal.mapping,
        "extension": proposal.extension,
        "why": proposal.finding.why.label,
        "candidates": [
            {"user": users[choice.crm_user], "value": ":".join(map(str, choice))}
            for choice in proposal.choices[:MAX_CANDIDATES]
        ],
        "inactive": [
            users[pk]
            for pk in proposal.finding.candidates[:MAX_CANDIDATES]
            if proposal.finding.why is Why.INACTIVE_USER
        ],
    }


def parse_choice(value: str) -> Choice | None:
    """Return the choice that a row's form sends, or None if it chooses nothing."""
    try:
        mapping, version, crm_user, why = value.split(":")
        return Choice(int(mapping), int(version), int(crm_user), why)
    except ValueError:
        return None


def applied(count: int) -> str:
    return ngettext(
        "%(count)s extension mapped.", "%(count)s extensions mapped.", count
    ) % {"count": count}


def left_alone(mappings: Sequence[UserMapping]) -> str:
    names = ", ".join(str(mapping.extension) for mapping in mappings[:MAX_NAMED])
    more = len(mappings) - MAX_NAMED
    if more > 0:
        names = _("%(names)s and %(more)s more") % {"names": names, "more": more}
    message = _("Not changed, because someone else edited them: %(names)s.")
    return message % {"names": names}


def undone(put_back: int, left: int) -> str:
    message = ngettext(
        "%(count)s mapping restored.",
        "%(count)s mappings restored.",
        put_back,
    ) % {"count": put_back}
    if not left:
        return message
    unchanged = ngettext(
        "%(count)s was edited since and stays.",
        "%(count)s were edited since and stay.",
        left,
    ) % {"count": left}
    return f"{message} {unchanged}"
