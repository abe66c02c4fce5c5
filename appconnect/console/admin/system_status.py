"""The page about the program itself, for its operator."""

from django.utils import timezone
from django.views.generic import TemplateView

from appconnect.console.shell.views import ConsoleMixin, Role
from appconnect.monitoring.status.system_status import get_system_status


class SystemStatusView(ConsoleMixin, TemplateView):
    template_name = "console/admin/system_status.html"
    role = Role.ADMIN
    needs_crm = False

    def get_context_data(self, **kwargs):
        status = get_system_status(self.organization, now=timezone.now())
        return super().get_context_data(
            status=status,
            clock_offset_seconds=round(status.clock_offset.total_seconds(), 1),
            **kwargs,
        )
