"""The overview page: the state of logging, the last seven days, and open problems."""

from django.utils import timezone
from django.views.generic import TemplateView

from appconnect.console.shell.views import ConsoleMixin
from appconnect.monitoring.status.counts import Counts, Ends
from appconnect.monitoring.status.overview import get_overview
from appconnect.organizations.connections.connectors import get_settings

BAR_WIDTH = 1000
"""The width of the longest bar, in units of the SVG."""
KINDS = ("logged", "skipped", "needs_attention", "failed", "in_progress")


class OverviewView(ConsoleMixin, TemplateView):
    """The overview. It refreshes itself, unless ``refresh=off``."""

    template_name = "console/attention/overview.html"

    def get_context_data(self, **kwargs):
        organization = self.organization
        overview = get_overview(organization, now=timezone.now())
        return super().get_context_data(
            overview=overview,
            counts=overview.counts,
            days=draw_days(overview.counts) if overview.counts else [],
            settings=get_settings(organization),
            connection=organization.ringcentral_connection,
            subscriptions=organization.logging_subscriptions.all(),
            sync=getattr(organization, "call_log_sync", None),
            refreshes=self.request.GET.get("refresh") != "off",
            **kwargs,
        )


def draw_days(counts: Counts) -> list[dict]:
    """Return each day with its numbers and its bar."""
    max_total = max(day.ends.total for day in counts.days) or 1
    return [
        {"day": day.day, "ends": day.ends, "bar": draw_bar(day.ends, max_total)}
        for day in counts.days
    ]


def draw_bar(ends: Ends, max_total: int) -> list[dict]:
    """Return the parts of a bar from left to right; the smallest stays visible."""
    parts, x = [], 0
    for kind in KINDS:
        if count := getattr(ends, kind):
            width = max(round(count * BAR_WIDTH / max_total), 4)
            parts.append({"kind": kind, "x": x, "width": width - 2})
            x += width
    return parts
