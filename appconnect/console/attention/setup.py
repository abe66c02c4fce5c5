"""The set-up page: a checklist from the stored state, and switching logging on."""

from zlib import crc32

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from appconnect.console.shell.views import ConsoleMixin
from appconnect.monitoring.setup.step import SetUpStep, StepKey, StepState
from appconnect.monitoring.setup.wizard import (
    NotReady,
    count_extensions,
    has_logged_call,
    switch_on,
)
from appconnect.organizations.connections.connectors import NoCredentials, get_settings
from appconnect.organizations.models import ServerLoggingSettings
from appconnect.worker import queue
from connector.errors import ConnectorError

Level = ServerLoggingSettings.LoggingLevel


class HomeView(ConsoleMixin, View):
    """Redirects to the set-up until a call was logged, then to the overview."""

    needs_crm = False

    def get(self, request: HttpRequest) -> HttpResponse:
        has_logged = has_logged_call(self.organization)
        return redirect("console:overview" if has_logged else "console:set-up")


class SetUpView(ConsoleMixin, TemplateView):
    """The checklist. While a step waits the page reloads itself, unless ``refresh=off``.

    ``known`` is the digest of the state that the page shows: if it is still the same,
    the response is an empty 204.
    """

    template_name = "console/attention/setup.html"
    needs_crm = False

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        steps = self.find_set_up_steps()
        digest = digest_of(steps)
        if request.GET.get("known") == digest:
            return HttpResponse(status=204)
        settings = get_settings(self.organization)
        connection = self.organization.ringcentral_connection
        current = next((step for step in steps if not step.is_done), None)
        offers_start = current is not None and current.key == StepKey.SWITCHED_ON
        context = self.get_context_data(
            steps=steps,
            digest=digest,
            waits=any(step.state == StepState.WAITING for step in steps),
            refreshes=request.GET.get("refresh") != "off",
            now=timezone.now(),
            current=current,
            done=sum(step.is_done for step in steps),
            is_trial=settings.logging_level == Level.USER,
            owner=offers_start and (connection.owner or connection.extension_id),
            is_owner=connection.extension_id == self.member.extension_id,
            extension_count=offers_start
            and count_extensions(self.organization, settings),
            StepKey=StepKey,
        )
        return self.render_to_response(context)


def digest_of(steps: list[SetUpStep]) -> str:
    """Return a digest that changes when one of the steps does."""
    state = [
        (step.key.value, step.state.value, step.sentence)
        + ((str(step.call.pk), step.call.status) if step.call else ())
        for step in steps
    ]
    return f"{crc32(repr(state).encode()):08x}"


class SwitchOnView(ConsoleMixin, View):
    """``level`` is App Connect's word: ``User`` for trial mode, or ``Account``."""

    needs_crm = False

    def post(self, request: HttpRequest) -> HttpResponse:
        level = request.POST.get("level", "")
        if level not in (Level.USER, Level.ACCOUNT):
            return HttpResponseBadRequest(
                _("Choose whose calls are logged: only yours, or everyone's.")
            )
        try:
            switch_on(
                self.organization,
                level=Level(level),
                admin_extension_id=self.member.extension_id,
                actor=self.actor,
                now=timezone.now(),
            )
        except (NotReady, ConnectorError, NoCredentials) as error:
            messages.error(request, _("Logging wasn't turned on. %s") % error)
        else:
            queue.configuration_changed(self.organization)
            messages.success(request, _("Logging is on."))
        return redirect("console:set-up")
