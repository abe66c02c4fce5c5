"""The page of one call: its outcome, its timeline, and the actions on it."""

import uuid

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import DetailView, View

from appconnect.calls.actions.calls import (
    choose_contact,
    decide_outcome,
    exclude_number,
    key_of_contact,
    leave,
    show_number,
    try_again,
)
from appconnect.calls.crm.resolve_unknown import Verdict
from appconnect.calls.models import CallSession
from appconnect.calls.models.call_facts import MAX_CANDIDATES
from appconnect.console.attention.fixes import find_fix
from appconnect.console.calls.call_actions import actions_for
from appconnect.console.calls.outcomes import Outlook, describe, title_of
from appconnect.console.calls.story.headline import headline
from appconnect.console.calls.story.record_text import record_text
from appconnect.console.calls.story.timeline import (
    attempts,
    legs,
    phases_of,
    tell_story,
)
from appconnect.console.shell.navigation import way_back
from appconnect.console.shell.views import ConsoleMixin, Role
from appconnect.worker import queue

ANSWER_MESSAGES = {
    Verdict.LOOK_AGAIN: gettext_lazy("Checking. The timeline shows the result."),
    Verdict.THERE: gettext_lazy("Marked as logged."),
    Verdict.NOT_THERE: gettext_lazy("Logging this call."),
    Verdict.LEAVE: gettext_lazy("Dismissed. The call stays unlogged."),
}
"""The message after each answer about a record of unknown outcome."""


DECISIONS = ("decide", "choose-contact")
BUTTONS = ("try-again", "leave")
MENU_ACTIONS = ("show-number", "do-not-log")
"""Where the actions on a call stand: in its outcome, at the top, and in the menu."""


class CallDetailView(ConsoleMixin, DetailView):
    template_name = "console/calls/call_detail.html"
    context_object_name = "call"

    def get_queryset(self):
        return self.organization.calls.with_crm_record()

    def get_context_data(self, **kwargs):
        call, organization = self.object, self.organization
        entries = list(call.timeline.all())
        outlook = Outlook.of(organization)
        timeline = tell_story(call, entries, crm=outlook.crm)
        mapping = (
            organization.user_mappings.filter(
                platform=organization.platform,
                extension__extension_id=call.extension_id,
            )
            .select_related("extension")
            .first()
        )
        describe(call, outlook)
        actions = actions_for(call, self.member, now=timezone.now())
        return super().get_context_data(
            title=title_of(call),
            phases=phases_of(timeline),
            settings_line=next(
                (line for line in reversed(timeline) if line.version is not None), None
            ),
            decision=next((a for a in actions if a.name in DECISIONS), None),
            buttons=[a for a in actions if a.name in BUTTONS],
            menu_actions=[a for a in actions if a.name in MENU_ACTIONS],
            headline=headline(call, entries, outlook),
            record_text=record_text(call),
            fix=find_fix(
                organization, call.reason, mapping, way_back=call.get_absolute_url()
            ),
            actions=actions,
            verdicts=Verdict.choices_for(organization.platform),
            max_candidates=MAX_CANDIDATES,
            candidates=[
                {**candidate, "key": key_of_contact(candidate)}
                for candidate in call.contact_candidates or []
            ],
            extension=organization.extensions.filter(
                extension_id=call.extension_id
            ).first(),
            timeline=timeline,
            attempts=attempts(timeline),
            legs=legs(organization, call),
            **kwargs,
        )


class ShowNumberView(CallDetailView):
    """Show the other party's number once; it is never part of a URL or a message."""

    post_role = Role.OPERATOR

    def get(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        return redirect(self.get_object())

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        self.object = call = self.get_object()
        number = ""
        if call.details:
            number = show_number(call, actor=self.actor, now=timezone.now())
        return self.render_to_response(self.get_context_data(number=number))


class CallActionView(ConsoleMixin, View):
    """An action on one call; the call is handed to a worker if it is due then."""

    post_role = Role.OPERATOR

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        call = get_object_or_404(
            self.organization.calls.select_related("organization"), pk=pk
        )
        if message := self.act(call):
            messages.success(request, message)
        else:
            message = _("Nothing changed: this call was already handled.")
            messages.info(request, message)
        queue.dispatch(CallSession.objects.get(pk=pk))
        return redirect(way_back(request) or call)

    def act(self, call: CallSession) -> str:
        """Return a message that says what was done; empty if it is no longer possible."""
        raise NotImplementedError


class TryAgainView(CallActionView):
    def act(self, call: CallSession) -> str:
        is_tried = try_again(call, actor=self.actor, now=timezone.now())
        return _("Retrying this call.") if is_tried else ""


class LeaveView(CallActionView):
    def act(self, call: CallSession) -> str:
        mine = self.organization.calls.filter(pk=call.pk)
        is_left = leave(self.organization, mine, actor=self.actor, now=timezone.now())
        return _("Dismissed. The call stays unlogged.") if is_left else ""


class ChooseContactView(CallActionView):
    def act(self, call: CallSession) -> str:
        key = self.request.POST.get("contact", "")
        is_chosen = choose_contact(call, key, actor=self.actor, now=timezone.now())
        return _("Logging to the contact you chose.") if is_chosen else ""


class DoNotLogView(CallActionView):
    post_role = Role.ADMIN

    def act(self, call: CallSession) -> str:
        is_done = exclude_number(call, actor=self.actor, now=timezone.now())
        if not is_done:
            return ""
        return _("Added to Do not log and removed from this call.")


class DecideView(CallActionView):
    """Store a person's answer whether a record of unknown outcome is in the CRM."""

    def act(self, call: CallSession) -> str:
        answer = self.request.POST.get("verdict", "")
        if answer not in Verdict:
            raise BadRequest("Choose one of the four answers.")
        verdict = Verdict(answer)
        counts = decide_outcome(call, verdict, actor=self.actor, now=timezone.now())
        return str(ANSWER_MESSAGES[verdict]) if counts else ""
