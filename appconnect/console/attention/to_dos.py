"""What waits for a person, as rows of the overview: held calls by reason, then problems."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appconnect.calls.models.choices import AttentionReason, FailureReason
from appconnect.console.attention.hero import action_for
from appconnect.console.shell.templatetags.people import number
from appconnect.monitoring.models.problems import Problem, ProblemKind
from appconnect.monitoring.needs_attention import PER_EXTENSION, Cause
from appconnect.organizations.models import Organization

Reason = AttentionReason
MAX_NAMED = 3
"""So many extensions are named in a row."""


@dataclass(slots=True, kw_only=True)
class ToDo:
    """One row; `page` is the URL name of where it is done, `id` that of its link."""

    id: str
    icon: str
    title: str
    text: str
    since: datetime | None
    page: str
    action: str


def list_to_dos(
    organization: Organization, causes: Iterable[Cause], problems: Iterable[Problem]
) -> list[ToDo]:
    by_reason: dict[str, list[Cause]] = {}
    for cause in causes:
        by_reason.setdefault(cause.reason, []).append(cause)
    held = [to_do_of(organization, causes) for causes in by_reason.values()]
    return held + [
        ToDo(
            id=f"problem-{problem.kind}",
            icon="alert",
            title=str(problem.kind.label),
            text=problem.sentence,
            since=problem.since,
            page=problem.page,
            action=action_for(problem.kind, organization),
        )
        for problem in problems
        if problem.kind != ProblemKind.NEEDS_ATTENTION
    ]


def to_do_of(organization: Organization, causes: list[Cause]) -> ToDo:
    """Return the row of the causes that have one reason."""
    reason = causes[0].reason
    count = sum(cause.count for cause in causes)
    crm = organization.declared.display_name
    icon, title, text, action = words_for(reason, count, len(causes))
    values = {"count": number(count), "extensions": len(causes), "crm": crm}
    is_named = reason in PER_EXTENSION
    return ToDo(
        id=f"held-{reason}",
        icon=icon,
        title=title % values,
        text=named(organization, causes) if is_named else text % values,
        since=min((cause.since for cause in causes if cause.since), default=None),
        page="console:needs-attention",
        action=action,
    )


def words_for(
    reason: AttentionReason | FailureReason, count: int, extensions: int
) -> tuple[str, str, str, str]:
    """Return a row's icon, title, text and the label of its button."""
    match reason:
        case Reason.UNMAPPED_EXTENSION:
            title = (
                ngettext(
                    "%(count)s call from an unmapped extension",
                    "%(count)s calls from an unmapped extension",
                    count,
                )
                if extensions == 1
                else _("%(count)s calls from %(extensions)s unmapped extensions")
            )
            return "swap", title, "", _("Map users")
        case Reason.INACTIVE_CRM_USER:
            title = ngettext(
                "%(count)s call of an inactive CRM user",
                "%(count)s calls of inactive CRM users",
                count,
            )
            return "swap", title, "", _("Remap")
        case Reason.UNLICENSED_OWNER:
            title = ngettext(
                "%(count)s call of a CRM user without a license",
                "%(count)s calls of CRM users without a license",
                count,
            )
            return "person", title, "", _("Review")
        case Reason.SEVERAL_CONTACTS:
            title = ngettext(
                "%(count)s call matches multiple contacts",
                "%(count)s calls match multiple contacts",
                count,
            )
            text = _("Choose the right contact for each call.")
            return "people", title, text, _("Choose")
        case Reason.UNDECIDED:
            title = ngettext(
                "%(count)s call with an unknown outcome",
                "%(count)s calls with an unknown outcome",
                count,
            )
            text = _("%(crm)s didn't answer, so the record may or may not exist.")
            return "question", title, text, _("Review")
    title = ngettext("%(count)s call: ", "%(count)s calls: ", count)
    return "warning", title + str(reason.label), _("None are lost."), _("Review")


def named(organization: Organization, causes: list[Cause]) -> str:
    """Return the names of the causes' extensions."""
    ids = [cause.extension_id for cause in causes[:MAX_NAMED]]
    extensions = organization.extensions.filter(extension_id__in=ids)
    names = [str(extension) for extension in extensions]
    if more := len(causes) - len(names):
        names.append(
            ngettext("%(count)d more", "%(count)d more", more) % {"count": more}
        )
    return f"{get_text_list(names, _('and'))}." if names else ""
