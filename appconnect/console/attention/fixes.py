"""The held calls of a page by reason, in words for people, and what fixes each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import NamedTuple
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appconnect.calls.models import CallSession
from appconnect.calls.models.choices import AttentionReason, FailureReason
from appconnect.monitoring.needs_attention import ONE_BY_ONE, PER_EXTENSION, Cause
from appconnect.organizations.mapping.mapping_proposals import find_proposals
from appconnect.organizations.models import CrmUser, Organization, UserMapping

Reason = AttentionReason
MAPPED_IN_ROWS = (Reason.UNMAPPED_EXTENSION, Reason.INACTIVE_CRM_USER)


class Words(NamedTuple):
    title: str | Promise
    advice: str | Promise
    icon: str
    state: str = "warn"


WORDS = {
    Reason.UNMAPPED_EXTENSION: Words(
        gettext_lazy("Unmapped extensions"),
        gettext_lazy("Choose who owns these calls in %(crm)s."),
        "swap",
    ),
    Reason.INACTIVE_CRM_USER: Words(
        gettext_lazy("Inactive CRM users"),
        gettext_lazy("Map to an active user."),
        "swap",
    ),
    Reason.UNLICENSED_OWNER: Words(
        gettext_lazy("CRM users without a license"),
        gettext_lazy(
            "Assign a license in %(crm)s, then retry. We also check every hour."
        ),
        "person",
    ),
    Reason.NO_CREDENTIALS: Words(
        gettext_lazy("%(crm)s isn't connected"),
        gettext_lazy("Connect it; these calls are logged right after."),
        "plug",
        "bad",
    ),
    Reason.CREDENTIALS_REJECTED: Words(
        gettext_lazy("%(crm)s rejected the password"),
        gettext_lazy("Reconnect it; these calls are logged right after."),
        "lock",
        "bad",
    ),
    Reason.HIDDEN_CONTACT: Words(
        gettext_lazy("Contact not found by search"),
        gettext_lazy(
            "Find the contact in %(crm)s: it may be deleted, merged, or hidden from the "
            "connected account. Correct its number there, then retry."
        ),
        "people",
    ),
    Reason.REFUSED_BY_CRM: Words(
        gettext_lazy("Rejected by %(crm)s"),
        gettext_lazy(
            "Open the call to see %(crm)s's answer, fix it there, then retry."
        ),
        "cross",
        "bad",
    ),
    Reason.UNDECIDED: Words(
        gettext_lazy("Unknown outcome"),
        gettext_lazy(
            "We sent these records to %(crm)s and got no answer. Nothing is sent again "
            "until you decide."
        ),
        "question",
    ),
    Reason.RETRY_CANCELED: Words(
        gettext_lazy("Retry canceled"),
        gettext_lazy("Retry or dismiss these calls."),
        "retry",
    ),
    Reason.SEVERAL_RECORDS: Words(
        gettext_lazy("Duplicate records in %(crm)s"),
        gettext_lazy("Keep one record per call in %(crm)s, then retry."),
        "copy",
    ),
    Reason.NO_CONTACT: Words(
        gettext_lazy("No matching contact"),
        gettext_lazy("Add the contact in %(crm)s, then retry."),
        "people",
    ),
    Reason.SEVERAL_CONTACTS: Words(
        gettext_lazy("Multiple contacts match"),
        gettext_lazy("Choose the contact for each call."),
        "people",
    ),
    FailureReason.NO_RECORD: Words(
        gettext_lazy("Missing from RingCentral's call log"),
        gettext_lazy("RingCentral may have it by now. Retry or dismiss."),
        "phone",
        "bad",
    ),
    FailureReason.GAVE_UP: Words(
        gettext_lazy("All attempts failed"),
        gettext_lazy("Retry when %(crm)s responds again."),
        "cross",
        "bad",
    ),
}
"""What each reason is called on the page, and what to do about it."""


class Fix(NamedTuple):
    label: str
    address: str


class Row(NamedTuple):
    """The calls of one extension, and what may put them right."""

    cause: Cause
    suggestion: CrmUser | None
    can_map: bool
    fix: Fix | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """All causes with one reason."""

    reason: AttentionReason | FailureReason
    words: Words
    causes: list[Cause]
    rows: list[Row]
    fix: Fix | None
    """What puts all of them right, where it is not in the rows."""
    calls_address: str

    @property
    def count(self) -> int:
        return sum(cause.count for cause in self.causes)

    @property
    def since(self) -> datetime:
        return min(cause.since for cause in self.causes)

    @property
    def calls(self) -> tuple[CallSession, ...]:
        """The oldest ones, for reasons that are decided call by call."""
        return self.causes[0].calls

    @property
    def can_retry(self) -> bool:
        return not self.fix and self.reason not in (*ONE_BY_ONE, *MAPPED_IN_ROWS)

    @property
    def is_mapping(self) -> bool:
        return self.reason in MAPPED_IN_ROWS

    @property
    def more(self) -> int:
        """How many calls are not listed, where calls are."""
        return self.count - len(self.calls) if self.calls else 0


def group_causes(
    organization: Organization,
    causes: Iterable[Cause],
    suggestions: dict[int, CrmUser],
) -> list[Group]:
    """Return the causes by reason, the reason with most calls first."""
    causes = sorted(causes, key=lambda cause: cause.reason)  # stable: largest first
    groups = [
        make_group(organization, list(of_reason), suggestions)
        for _reason, of_reason in groupby(causes, key=lambda cause: cause.reason)
    ]
    return sorted(groups, key=lambda group: -group.count)


def find_suggestions(
    organization: Organization, causes: Iterable[Cause]
) -> dict[int, CrmUser]:
    """Return the one CRM user who fits each unmapped extension, by the mapping's key."""
    pks = {
        cause.mapping.pk
        for cause in causes
        if cause.reason == Reason.UNMAPPED_EXTENSION and cause.mapping
    }
    if not pks:
        return {}
    fits = {
        proposal.mapping: proposal.finding.crm_user
        for proposal in find_proposals(organization).proposals
        if proposal.mapping in pks and proposal.finding.crm_user is not None
    }
    users = organization.crm_users.in_bulk(fits.values())
    return {mapping: users[user] for mapping, user in fits.items()}


def make_group(
    organization: Organization, causes: list[Cause], suggestions: dict[int, CrmUser]
) -> Group:
    reason = causes[0].reason
    names = {"crm": organization.declared.display_name}
    words = WORDS[reason]
    here = reverse("console:needs-attention")
    rows = []
    for cause in causes if reason in PER_EXTENSION else []:
        mapping = cause.mapping
        can_map = bool(
            mapping
            and (
                reason == Reason.INACTIVE_CRM_USER
                or (reason == Reason.UNMAPPED_EXTENSION and not mapping.crm_user_id)
            )
        )
        fix = find_fix(organization, reason, mapping, way_back=here)
        suggestion = suggestions.get(mapping.pk) if mapping else None
        rows.append(Row(cause, suggestion, can_map, fix))
    state = "failed" if reason in FailureReason else "needs-attention"
    filters = urlencode({"state": state, "reason": reason.value})
    return Group(
        reason=reason,
        words=words._replace(
            title=str(words.title) % names, advice=str(words.advice) % names
        ),
        causes=causes,
        rows=rows,
        fix=None if rows else find_fix(organization, reason, None, way_back=here),
        calls_address=f"{reverse('console:calls')}?{filters}",
    )


def find_fix(
    organization: Organization,
    reason: str,
    mapping: UserMapping | None,
    *,
    way_back: str,
) -> Fix | None:
    """Return a link to the page that fixes the reason, or None if no page does.

    `mapping` is that of the extension whose calls are held. The page leads back to
    `way_back`.
    """
    names = {"crm": organization.declared.display_name}
    match reason:
        case Reason.UNMAPPED_EXTENSION if mapping and not mapping.crm_user_id:
            label = _("Map %(extension)s") % {"extension": mapping.extension}
            return Fix(label, edit_address(mapping, way_back))
        case Reason.UNMAPPED_EXTENSION if mapping:
            # The extension is mapped: the owner rule of the settings is the cause.
            return Fix(
                _("Choose an activity owner"),
                reverse("console:server-logging-settings"),
            )
        case Reason.UNMAPPED_EXTENSION:
            label = _("Refresh users")
            return Fix(label, reverse("console:user-mapping"))
        case Reason.INACTIVE_CRM_USER if mapping:
            label = _("Remap %(extension)s")
            label = label % {"extension": mapping.extension}
            return Fix(label, edit_address(mapping, way_back))
        case Reason.NO_CREDENTIALS:
            return Fix(_("Connect %(crm)s") % names, credentials_address())
        case Reason.CREDENTIALS_REJECTED:
            return Fix(_("Reconnect %(crm)s") % names, credentials_address())
    return None


def edit_address(mapping: UserMapping, way_back: str) -> str:
    address = reverse("console:user-mapping-edit", kwargs={"pk": mapping.pk})
    return f"{address}?{urlencode({'next': way_back})}"


def credentials_address() -> str:
    """Return the address of the card where the CRM's credentials are entered."""
    return f"{reverse('console:connections')}#crm"
