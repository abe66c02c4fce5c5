"""The alerts page: present problems, channels, settings, and the history of alerts."""

import uuid

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View

from appconnect.console.shell.views import ConsoleMixin, Role
from appconnect.monitoring.alerts.configuration import (
    NotAllowed,
    add_channel,
    change_alert_settings,
    change_secret,
    check_webhook_address,
    remove_channel,
    send_test,
    switch_channel,
)
from appconnect.monitoring.alerts.delivery import NotDelivered
from appconnect.monitoring.health.health import find_problems
from appconnect.monitoring.models import AlertChannel, AlertSettings
from appconnect.monitoring.models.problems import STOPPING, ProblemKind

PAGE_SIZE = 20
TRIGGERS = {
    ProblemKind.RINGCENTRAL_DISCONNECTED: gettext_lazy(
        "As soon as the sign-in ends or loses its admin rights"
    ),
    ProblemKind.CREDENTIALS_REJECTED: gettext_lazy("At the first rejected request"),
    ProblemKind.CRM_NOT_ANSWERING: gettext_lazy(
        "After 5 minutes without an answer, if calls are waiting"
    ),
    ProblemKind.WORKER_GONE: gettext_lazy(
        "After 2.5 minutes. Shown here only; monitor /readyz from outside"
    ),
    ProblemKind.SUBSCRIPTION_FAILED: gettext_lazy(
        "When RingCentral ends or rejects them"
    ),
    ProblemKind.SYNC_BEHIND: gettext_lazy("After 30 minutes without a sync"),
    ProblemKind.SILENCE: gettext_lazy(
        "30 minutes without a call, if the same hours always had 5 or more"
    ),
    ProblemKind.NOTHING_LOGGED: gettext_lazy(
        "200 calls in a row skipped for contact or caller ID reasons, 50 before the "
        "first logged call"
    ),
    ProblemKind.QUEUE_AGE: gettext_lazy("When a call is 10 minutes overdue"),
    ProblemKind.NEEDS_ATTENTION: gettext_lazy(
        "At the first call, and whenever the number doubles"
    ),
    ProblemKind.ALERT_NOT_DELIVERED: gettext_lazy(
        "When a channel's last message didn't arrive"
    ),
}
"""When each kind of problem opens an alert."""

SENT_TWICE = gettext_lazy(
    "The form was sent twice, so the signing secret isn't shown again. If you didn't "
    "copy it, create a new secret."
)


class EmailForm(forms.Form):
    id = forms.UUIDField(widget=forms.HiddenInput)
    address = forms.EmailField(label=gettext_lazy("Email address"))
    kind = AlertChannel.Kind.EMAIL


class WebhookForm(forms.Form):
    id = forms.UUIDField(widget=forms.HiddenInput)
    address = forms.CharField(
        label=gettext_lazy("URL"),
        max_length=1000,
        help_text=gettext_lazy(
            "An HTTPS address that accepts JSON, such as a Slack incoming webhook or "
            "your own program."
        ),
    )
    kind = AlertChannel.Kind.WEBHOOK

    def clean_address(self) -> str:
        address = self.cleaned_data["address"]
        try:
            check_webhook_address(address)
        except NotAllowed as error:
            raise forms.ValidationError(str(error)) from error
        return address


CHANNEL_FORMS = {"email": EmailForm, "webhook": WebhookForm}


class AlertSettingsForm(forms.Form):
    quiet_from = forms.TimeField(
        label=gettext_lazy("Quiet from"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    quiet_until = forms.TimeField(
        label=gettext_lazy("Until"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    reminder_days = forms.RegexField(
        r"\A\s*(\d{1,3}\s*(,\s*\d{1,3}\s*)*)?\Z",
        label=gettext_lazy("Remind after (days)"),
        required=False,
        max_length=40,
        help_text=gettext_lazy("Such as 1, 3, 7. Leave empty for no reminders."),
        error_messages={
            "invalid": gettext_lazy("Enter whole numbers of days, separated by commas.")
        },
    )

    def clean_reminder_days(self) -> list[int]:
        words = self.cleaned_data["reminder_days"].split(",")
        return sorted({int(word) for word in words if word.strip()} - {0})

    def clean(self) -> dict:
        data = super().clean()
        if (data.get("quiet_from") is None) != (data.get("quiet_until") is None):
            raise forms.ValidationError(
                _("Quiet hours need a start and an end, or neither.")
            )
        return data


class AlertsMixin(ConsoleMixin):
    role = post_role = Role.ADMIN


class AlertsView(AlertsMixin, TemplateView):
    template_name = "console/admin/alerts.html"

    def post(self, request: HttpRequest) -> HttpResponse:
        form = AlertSettingsForm(request.POST, prefix="settings")
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(settings_form=form))
        change_alert_settings(
            self.organization,
            **form.cleaned_data,
            actor=self.actor,
            now=timezone.now(),
        )
        messages.success(request, _("Schedule saved."))
        return redirect("console:alerts")

    def get_context_data(self, **kwargs):
        organization = self.organization
        for name, form in CHANNEL_FORMS.items():
            initial = {"id": uuid.uuid4()}
            kwargs.setdefault(f"{name}_form", form(prefix=name, initial=initial))
        kwargs.setdefault("settings_form", self.make_settings_form())
        form_names = ("email_form", "webhook_form", "settings_form")
        alerts = organization.alerts.order_by("-opened_at", "-pk")
        problems = find_problems(organization, now=timezone.now())
        by_kind = {problem.kind: problem for problem in problems}
        return super().get_context_data(
            faulty=[kwargs[name] for name in form_names if kwargs[name].errors],
            problems=problems,
            triggers=[
                {
                    "kind": kind,
                    "text": text,
                    "state": "bad" if kind in STOPPING else "warn",
                    "severity": _("Stops logging")
                    if kind in STOPPING
                    else _("Degrades"),
                    "problem": by_kind.get(kind),
                }
                for kind, text in TRIGGERS.items()
            ],
            channels=organization.alert_channels.all(),
            page=Paginator(alerts, PAGE_SIZE).get_page(self.request.GET.get("page")),
            **kwargs,
        )

    def show_secret(self, secret: str) -> HttpResponse:
        """Return the only page that shows a webhook's signing secret.

        A redirect would need the secret stored in plain text until the next request.
        """
        response = self.render_to_response(self.get_context_data(new_secret=secret))
        response.headers["Cache-Control"] = "no-store"
        return response

    def make_settings_form(self) -> AlertSettingsForm:
        stored = AlertSettings.of(self.organization)
        initial = {
            "quiet_from": stored.quiet_from,
            "quiet_until": stored.quiet_until,
            "reminder_days": ", ".join(map(str, stored.reminder_days)),
        }
        return AlertSettingsForm(initial=initial, prefix="settings")


class AddAlertChannelView(AlertsView):
    """The form carries the new channel's id, so that sending it twice adds one."""

    needs_recent_sign_in = True
    form_name = ""

    def get(self, request: HttpRequest) -> HttpResponse:
        return redirect("console:alerts")

    def post(self, request: HttpRequest) -> HttpResponse:
        name = self.form_name
        form = CHANNEL_FORMS[name](request.POST, prefix=name)
        if form.is_valid():
            try:
                secret = add_channel(
                    self.organization,
                    **form.cleaned_data,
                    kind=form.kind,
                    actor=self.actor,
                    now=timezone.now(),
                )
            except NotAllowed as error:
                form.add_error("address", str(error))
            else:
                messages.success(request, _("Channel added. Send a test to check it."))
                if secret is None:
                    if form.kind is AlertChannel.Kind.WEBHOOK:
                        messages.warning(request, SENT_TWICE)
                    return redirect("console:alerts")
                return self.show_secret(secret)
        return self.render_to_response(self.get_context_data(**{f"{name}_form": form}))


class AlertChannelMixin(AlertsMixin):
    """An action on one of the organization's channels."""

    @property
    def channel(self) -> AlertChannel:
        channels = self.organization.alert_channels
        return get_object_or_404(channels, pk=self.kwargs["channel_pk"])


class NewSigningSecretView(AlertsView):
    needs_recent_sign_in = True

    def get(self, request: HttpRequest, channel_pk: uuid.UUID) -> HttpResponse:
        get_object_or_404(self.organization.alert_channels, pk=channel_pk)
        return redirect("console:alerts")

    def post(self, request: HttpRequest, channel_pk: uuid.UUID) -> HttpResponse:
        webhooks = self.organization.alert_channels.filter(
            kind=AlertChannel.Kind.WEBHOOK
        )
        channel = get_object_or_404(webhooks, pk=channel_pk)
        secret = change_secret(channel, actor=self.actor, now=timezone.now())
        return self.show_secret(secret)


class TestAlertChannelView(AlertChannelMixin, View):
    def post(self, request: HttpRequest, **kwargs) -> HttpResponse:
        channel = self.channel
        try:
            send_test(channel, actor=self.actor, now=timezone.now())
        except (NotAllowed, NotDelivered) as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Test delivered to %s.") % channel.name)
        return redirect("console:alerts")


class SwitchAlertChannelView(AlertChannelMixin, View):
    """``is_enabled`` is ``yes`` or ``no``."""

    def post(self, request: HttpRequest, **kwargs) -> HttpResponse:
        is_enabled = request.POST.get("is_enabled") == "yes"
        switch_channel(
            self.channel, is_enabled=is_enabled, actor=self.actor, now=timezone.now()
        )
        return redirect("console:alerts")


class RemoveAlertChannelView(AlertChannelMixin, View):
    def post(self, request: HttpRequest, **kwargs) -> HttpResponse:
        remove_channel(self.channel, actor=self.actor, now=timezone.now())
        messages.success(request, _("Channel removed."))
        return redirect("console:alerts")
