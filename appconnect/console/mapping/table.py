"""The rows of the user-mapping table: which ones are shown, in which order, and their words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.core.paginator import Page, Paginator
from django.db.models import Max, Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from appconnect.calls.decision.rules import chosen_extensions
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.mapping.directory import CrmUserRow
from appconnect.organizations.mapping.mapping_proposals import Proposal, Proposals
from appconnect.organizations.mapping.matching import Confidence, Why
from appconnect.organizations.models import (
    CrmUser,
    Extension,
    Organization,
    UserMapping,
)
from appconnect.ringcentral.extensions import PEOPLE, SHARED

PAGE_SIZE = 50
MAX_SEARCH_LENGTH = 200
QUEUE = "Department"
TABS = {
    "to_do": gettext_lazy("To do"),
    "unmapped": gettext_lazy("Unmapped"),
    "conflicts": gettext_lazy("Conflicts"),
    "inactive": gettext_lazy("Inactive"),
    "mapped": gettext_lazy("Mapped"),
    "not_logged": gettext_lazy("Not logged"),
    "all": gettext_lazy("All"),
}
TYPES = {
    "": (gettext_lazy("All types"), PEOPLE | SHARED),
    "users": (gettext_lazy("Users"), PEOPLE),
    "queues": (gettext_lazy("Queues"), {QUEUE}),
    "shared": (gettext_lazy("Shared lines and others"), SHARED - {QUEUE}),
}
ORDERS = {
    "": gettext_lazy("Most calls held first"),
    "extension": gettext_lazy("Extension"),
    "name": gettext_lazy("Name"),
}
WHY_LABELS = {
    Why.SAME_EMAIL: gettext_lazy("Same email"),
    Why.SAME_MAILBOX: gettext_lazy("Same mailbox"),
    Why.SAME_NAME: gettext_lazy("Same name"),
}


class View(NamedTuple):
    """What the table is narrowed by and ordered by, as its address says it."""

    tab: str
    words: str
    type: str
    order: str

    def query(self, *, tab: str = "", page: int = 1) -> str:
        """Return the query string of this view, or of another tab or page of it."""
        parameters = QueryDict(mutable=True)
        tab = tab or self.tab
        values = {
            "q": self.words,
            "type": self.type,
            "sort": self.order,
            "show": "" if tab == "to_do" else tab,
            "page": str(page) if page > 1 else "",
        }
        parameters.update({name: value for name, value in values.items() if value})
        return parameters.urlencode()


def words_of(request: HttpRequest) -> str:
    """Return the words that a person searches for."""
    return request.GET.get("q", "").replace("\0", "").strip()[:MAX_SEARCH_LENGTH]


def view_of(request: HttpRequest) -> View:
    """Return what an address asks for; what it does not know counts as not said."""

    def choice(name: str, choices: Iterable[str], default: str = "") -> str:
        value = request.GET.get(name, "")
        return value if value in choices else default

    return View(
        choice("show", TABS, "to_do"),
        words_of(request),
        choice("type", TYPES),
        choice("sort", ORDERS),
    )


def find_page(
    mappings: QuerySet, view: View, held: Mapping[str, int], number: str | None
) -> Page:
    """Return a page of the primary keys; those with most held calls come first.

    The order is made here: the database would count the calls of each extension anew.
    """
    shown = mappings.of_kind(view.tab)
    if view.type:
        shown = shown.filter(extension__type__in=TYPES[view.type][1])
    if words := view.words:
        shown = shown.filter(
            Q(extension__name__icontains=words)
            | Q(extension__extension_number__icontains=words)
            | Q(extension__email__icontains=words)
            | Q(crm_user__name__icontains=words)
            | Q(crm_user__email__icontains=words)
        )
    by_number = ("extension__extension_number", "pk")
    order = ("extension__name", *by_number) if view.order == "name" else by_number
    keys = list(shown.order_by(*order).values_list("pk", "extension__extension_id"))
    if not view.order:
        keys.sort(key=lambda key: -held.get(key[1], 0))
    return Paginator([pk for pk, _id in keys], PAGE_SIZE).get_page(number)


class Badge(NamedTuple):
    state: str
    label: str | Promise
    note: str | Promise = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One mapping as the table shows it."""

    mapping: UserMapping
    held: int
    last_call_at: datetime | None
    is_in_scope: bool
    """Whether the settings say that calls of its extension are logged."""
    proposal: Proposal | None
    candidates: list[CrmUserRow]
    """The CRM users who may be meant, where the extension has none."""

    @property
    def extension(self) -> Extension:
        return self.mapping.extension

    @property
    def user(self) -> CrmUser | None:
        return self.mapping.crm_user

    @property
    def about(self) -> str:
        """The extension's number, address or kind, and what is odd about it."""
        extension = self.extension
        odd = ""
        if not extension.is_enabled:
            odd = _("Removed from RingCentral")
        elif not extension.is_activated:
            odd = _("Not activated")
        elif not self.is_in_scope:
            odd = _("Outside scope")
        kind = extension.email or capfirst(str(extension.kind))
        return " · ".join(filter(None, (extension.extension_number, kind, odd)))

    @property
    def value(self) -> str:
        """What the form sends of the row: `Choice`, or as much of it as there is."""
        mapping = self.mapping
        seen = (mapping.pk, mapping.version)
        if self.proposal and (user := self.suggestion):
            seen = (*seen, user.pk, self.proposal.finding.why.value)
        return ":".join(map(str, seen))

    @property
    def suggestion(self) -> CrmUserRow | None:
        """The one CRM user who fits."""
        is_one = self.proposal and self.proposal.finding.crm_user is not None
        return self.candidates[0] if is_one else None

    @property
    def badge(self) -> Badge:
        mapping, note = self.mapping, held_note(self.held)
        if not self.extension.is_logged:
            return Badge("off", _("Not logged"), note)
        if self.user and not self.user.is_active:
            return Badge("bad", _("Inactive"), note)
        if self.user:
            return Badge("ok", mapping.get_match_display(), note)
        if self.proposal and self.suggestion:
            finding = self.proposal.finding
            is_exact = finding.confidence is Confidence.CERTAIN
            label = _("Exact") if is_exact else _("Likely")
            return Badge("info", label, note or WHY_LABELS[finding.why])
        if mapping.match == UserMapping.Match.AMBIGUOUS:
            return Badge("warn", _("Conflict"), note)
        return Badge("off", _("Unmapped"), note)


def held_note(count: int) -> str:
    if not count:
        return ""
    text = ngettext("%(count)d call held", "%(count)d calls held", count)
    return text % {"count": count}


def make_rows(
    organization: Organization,
    mappings: list[UserMapping],
    *,
    held: Mapping[str, int],
    found: Proposals,
) -> list[Row]:
    """Return the rows of a page's mappings, in their order."""
    ids = [mapping.extension.extension_id for mapping in mappings]
    calls = organization.calls.filter(extension_id__in=ids).order_by()
    latest = dict(calls.values_list("extension_id").annotate(Max("started_at")))
    chosen = chosen_extensions(organization, get_settings(organization))
    proposals = {proposal.mapping: proposal for proposal in found.proposals}
    rows = []
    for mapping in mappings:
        extension_id, proposal = (
            mapping.extension.extension_id,
            proposals.get(mapping.pk),
        )
        choices = proposal.choices if proposal else []
        rows.append(
            Row(
                mapping=mapping,
                held=held.get(extension_id, 0),
                last_call_at=latest.get(extension_id),
                is_in_scope=chosen is None or extension_id in chosen,
                proposal=proposal,
                candidates=[found.users[choice.crm_user] for choice in choices],
            )
        )
    return rows
