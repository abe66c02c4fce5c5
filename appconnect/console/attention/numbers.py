"""The overview's numbers: four of now, a bar for each day, and why calls were skipped."""

from collections.abc import Sequence
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appconnect.calls.models.choices import SkipReason
from appconnect.console.shell.templatetags.people import number
from appconnect.console.shell.templatetags.times import since
from appconnect.monitoring.needs_attention import Cause
from appconnect.monitoring.status.counts import Counts, DayCounts

BAR_HEIGHT, GAP = 1000, 6
"""In units of the SVG: whole numbers, which no language writes with a comma."""
KINDS = {
    "logged": "ok",
    "skipped": "off",
    "needs_attention": "warn",
    "failed": "bad",
    "in_progress": "info",
}
"""The parts of a bar from its foot, each with its state."""


def list_stats(
    counts: Counts,
    skips: Sequence[tuple[str, int]],
    causes: Sequence[Cause],
    *,
    today: str,
) -> list[dict]:
    """Return the four numbers, each with its calls; `today` is the day in ISO 8601."""
    ends, open_now = counts.today, counts.open_now
    eligible = ngettext(
        "of %(count)s eligible call", "of %(count)s eligible calls", ends.eligible
    ) % {"count": number(ends.eligible)}
    most = SkipReason(skips[0][0]).label if skips else ""
    return [
        {
            "id": "logged",
            "label": _("Logged today"),
            "value": ends.logged,
            "note": eligible,
            "state": "ok",
            "address": calls_address(state="logged", since_date=today),
        },
        {
            "id": "attention",
            "label": _("Needs attention"),
            "value": sum(cause.count for cause in causes),
            "note": attention_note(causes),
            "state": "warn",
            "address": reverse("console:needs-attention"),
        },
        {
            "id": "in-progress",
            "label": _("In progress"),
            "value": open_now.in_progress,
            "note": _("%(on_call)s on call, %(queued)s queued")
            % {
                "on_call": number(counts.on_call),
                "queued": number(open_now.in_progress - counts.on_call),
            },
            "state": "info",
            "address": calls_address(state="in-progress"),
        },
        {
            "id": "skipped",
            "label": _("Skipped today"),
            "value": ends.skipped,
            "note": _("mostly: %(reason)s") % {"reason": most} if most else _("None"),
            "state": "off",
            "address": calls_address(state="skipped", since_date=today),
        },
    ]


def attention_note(causes: Sequence[Cause]) -> str:
    if not causes:
        return _("Nothing to do")
    note = ngettext("in %(count)d cause", "in %(count)d causes", len(causes))
    note = note % {"count": len(causes)}
    oldest = min((cause.since for cause in causes if cause.since), default=None)
    if oldest is None:
        return note
    return format_html(_("{note}, oldest {at}"), note=note, at=since(oldest))


def draw_days(counts: Counts) -> list[dict]:
    """Return each day, the oldest first, with its numbers, its bar and its calls."""
    max_total = max(day.ends.total for day in counts.days) or 1
    return [
        {
            "day": day.day,
            "ends": day.ends,
            "bar": draw_bar(day, max_total),
            "address": calls_address(
                since_date=f"{day.day:%Y-%m-%d}", until_date=f"{day.day:%Y-%m-%d}"
            ),
        }
        for day in reversed(counts.days)
    ]


def draw_bar(day: DayCounts, max_total: int) -> list[dict]:
    """Return the parts of a bar from its foot; the smallest stays visible."""
    # What gaps and smallest parts may add is left free at the top.
    room = BAR_HEIGHT - 2 * GAP * len(KINDS)
    parts, top = [], BAR_HEIGHT
    for kind, state in KINDS.items():
        if count := getattr(day.ends, kind):
            height = max(count * room // max_total, GAP)
            top -= height + GAP
            parts.append({"state": state, "y": top, "height": height})
    return parts


def draw_skips(skips: list[tuple[str, int]], *, today: str) -> list[dict]:
    """Return the reasons of today's skipped calls, with their share and their calls."""
    total = sum(count for _reason, count in skips)
    return [
        {
            "id": f"skipped-{reason}",
            "label": SkipReason(reason).label,
            "count": count,
            "width": round(count * 100 / total),
            "address": calls_address(state="skipped", reason=reason, since_date=today),
        }
        for reason, count in skips
    ]


def calls_address(**filters: str) -> str:
    return f"{reverse('console:calls')}?{urlencode(filters)}"
