"""Pausing and resuming: calls are held meanwhile, then logged or skipped."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import View

from appconnect.console.shell.views import ConsoleMixin, Role
from appconnect.organizations.logging_settings.server_logging import pause, resume
from appconnect.worker import queue


class PauseView(ConsoleMixin, View):
    post_role = Role.OPERATOR

    def post(self, request: HttpRequest) -> HttpResponse:
        pause(self.organization, actor=self.actor, now=timezone.now())
        messages.success(request, _("Logging paused. New calls are held."))
        return redirect("console:overview")


class ResumeView(ConsoleMixin, View):
    """``calls`` is ``log`` or ``skip``: what happens to the calls of the pause."""

    post_role = Role.OPERATOR

    def post(self, request: HttpRequest) -> HttpResponse:
        skips = request.POST.get("calls") == "skip"
        held = self.organization.calls.waiting_to_log().count()
        resume(self.organization, skips=skips, actor=self.actor, now=timezone.now())
        queue.resumed(self.organization)
        message = _("Logging resumed.")
        if skips:
            message += " " + _("Calls of the pause are skipped.")
        elif held:
            logged = ngettext(
                "%d call is being logged.", "%d calls are being logged.", held
            )
            message += " " + logged % held
        messages.success(request, message)
        return redirect("console:overview")
