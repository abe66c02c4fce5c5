"""The overview: how logging stands, the last seven days, and what is wrong."""

from django.utils import timezone
from django.views.generic import TemplateView

from appconnect.console.shell.views import ConsoleMixin
from appconnect.monitoring.status.counts import Counts, Ends
from appconnect.monitoring.status.overview import get_overview
from appconnect.organizations.connections.connectors import get_settings

WIDTH = 1000
"""Of the bar of the day with the most calls."""
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
    """Return each day with its numbers and the parts of its bar."""
    most = max(day.ends.total for day in counts.days) or 1
    return [
        {"day": day.day, "ends": day.ends, "bar": draw_bar(day.ends, most)}
        for day in counts.days
    ]


def draw_bar(ends: Ends, most: int) -> list[dict]:
    """Return the parts of a bar one behind the other, the smallest still visible."""
    parts, x = [], 0
    for kind in KINDS:
        if count := getattr(ends, kind):
            width = max(round(count * WIDTH / most), 4)
            parts.append({"kind": kind, "x": x, "width": width - 2})
            x += width
    return parts
