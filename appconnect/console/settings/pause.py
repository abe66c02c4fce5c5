"""Pausing and resuming: calls are kept meanwhile, then logged or skipped."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import View

from appconnect.console.shell.views import ConsoleMixin, Role
from appconnect.organizations.logging_settings.server_logging import pause, resume
from appconnect.worker import queue

PAGES = ("server-logging-settings", "overview")
"""The pages with the buttons."""


def back(request: HttpRequest) -> HttpResponse:
    """Return to the page on which the button was pressed."""
    page = request.POST.get("page", "")
    return redirect(f"console:{page if page in PAGES else PAGES[0]}")


class PauseView(ConsoleMixin, View):
    post_role = Role.OPERATOR

    def post(self, request: HttpRequest) -> HttpResponse:
        pause(self.organization, actor=self.actor, now=timezone.now())
        messages.success(request, _("Logging is paused. Calls are kept meanwhile."))
        return back(request)


class ResumeView(ConsoleMixin, View):
    """``calls`` is ``log`` or ``skip``: what happens to the calls of the pause."""

    post_role = Role.OPERATOR

    def post(self, request: HttpRequest) -> HttpResponse:
        skips = request.POST.get("calls") == "skip"
        resume(self.organization, skips=skips, actor=self.actor, now=timezone.now())
        queue.resumed(self.organization)
        messages.success(request, _("Logging goes on."))
        return back(request)
