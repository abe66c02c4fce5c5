"""The overview page: the state of logging, today's numbers, the week, and the to-dos."""

from django.utils import timezone
from django.views.generic import TemplateView

from appconnect.console.attention.hero import make_hero
from appconnect.console.attention.numbers import draw_days, draw_skips, list_stats
from appconnect.console.attention.to_dos import list_to_dos
from appconnect.console.shell.views import ConsoleMixin
from appconnect.monitoring.needs_attention import find_causes
from appconnect.monitoring.status.overview import get_overview
from appconnect.organizations.connections.connectors import get_settings


class OverviewView(ConsoleMixin, TemplateView):
    """The overview. It refreshes itself, unless ``refresh=off``.

    Its days are those of the person's time zone, as on the pages that its numbers lead to.
    """

    template_name = "console/attention/overview.html"

    def get_context_data(self, **kwargs):
        organization, now = self.organization, timezone.now()
        settings = get_settings(organization)
        zone = timezone.get_current_timezone()
        overview = get_overview(organization, settings, zone=zone, now=now)
        causes = find_causes(organization).open
        today = f"{timezone.localdate(now):%Y-%m-%d}"
        waiting = organization.calls.waiting_to_log()
        paused = waiting.count() if settings.paused_at else 0
        counts, skips = overview.counts, overview.skips or []
        return super().get_context_data(
            overview=overview,
            hero=make_hero(overview, settings, self.member, paused=paused),
            logging_state=overview.status.state,
            stats=list_stats(counts, skips, causes, today=today) if counts else [],
            days=draw_days(counts) if counts else [],
            skips=draw_skips(skips, today=today),
            counts=counts,
            to_dos=list_to_dos(organization, causes, overview.problems),
            paused=paused,
            settings=settings,
            connection=organization.ringcentral_connection,
            subscription=organization.logging_subscriptions.order_by(
                "created_at"
            ).last(),
            sync=getattr(organization, "call_log_sync", None),
            now=now,
            refreshes=self.request.GET.get("refresh") != "off",
            **kwargs,
        )
