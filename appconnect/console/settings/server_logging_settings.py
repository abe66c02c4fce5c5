"""The settings page: the logging rules, and the organization's locality."""

from datetime import datetime

from django.contrib import messages
from django.forms import Field
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView

from appconnect.calls.models.choices import AttentionReason, CallStatus
from appconnect.console.settings.audit_text import conflict_of
from appconnect.console.settings.note_preview import SAMPLE_CALLS, preview_note
from appconnect.console.settings.settings_forms import SettingsForms
from appconnect.console.shell.templatetags.times import SECONDS_ZONE, write
from appconnect.console.shell.views import ConsoleMixin
from appconnect.organizations.connections.connectors import (
    NoCredentials,
    can_prove_credentials,
    get_settings,
)
from appconnect.organizations.logging_settings.server_logging import (
    NewSettings,
    update_server_logging_settings,
)
from appconnect.organizations.logging_settings.settings_history import SettingsChanged
from appconnect.worker import queue
from connector.errors import ConnectorError


def version_of(text: str) -> int | None:
    """Return the configuration version in a form; None if it is missing."""
    return int(text[:9]) if text.isascii() and text.isdigit() else None


SECTIONS = {
    "scope": gettext_lazy("Scope"),
    "owner": gettext_lazy("Activity owner"),
    "contacts": gettext_lazy("Contact matching"),
    "record": gettext_lazy("Record content"),
    "region": gettext_lazy("Region and time"),
}
"""The cards, by their ids on the page."""


class ServerLoggingSettingsView(ConsoleMixin, TemplateView):
    needs_recent_sign_in = True
    template_name = "console/settings/server_logging_settings.html"

    def post(self, request, *args, **kwargs):
        forms = SettingsForms(self.organization, request.POST)
        now = timezone.now()
        shown_version = version_of(request.POST.get("version", ""))
        try:
            if forms.are_valid() and self.save(
                forms, shown_version=shown_version, now=now
            ):
                messages.success(request, self.saved_message(now=now))
                return redirect("console:server-logging-settings")
        except SettingsChanged as changed:
            return self.show_conflict(forms, changed)
        return self.show(forms, faulty=forms.faulty, version=shown_version)

    def show_conflict(self, forms: SettingsForms, changed: SettingsChanged):
        """Show what others saved beside the form as typed; saving again overwrites it."""
        response = self.show(
            forms,
            conflict=conflict_of(self.organization, changed),
            version=changed.entries[-1].configuration_version,
        )
        response.status_code = 409
        return response

    def save(
        self,
        forms: SettingsForms,
        *,
        shown_version: int | None,
        now: datetime,
    ) -> bool:
        """Save all forms, or add the reason to them as an error.

        Return whether they were saved. Raises `SettingsChanged`.
        """
        try:
            update_server_logging_settings(
                self.organization,
                NewSettings(
                    rules=forms.rules.cleaned_data,
                    locality=forms.locality.cleaned_data,
                    shown_version=shown_version,
                ),
                admin_extension_id=self.member.extension_id,
                actor=self.actor,
                now=now,
            )
        except (ConnectorError, NoCredentials) as error:
            forms.rules.add_error(None, getattr(error, "full_message", str(error)))
        else:
            queue.configuration_changed(self.organization)
            return True
        return False

    def saved_message(self, *, now: datetime) -> str:
        saved = _("Settings saved.")
        if not get_settings(self.organization).is_enabled:
            return f"{saved} {_('Logging is still off.')}"
        if not can_prove_credentials(self.organization.platform):
            untested = _(
                "%s can't test credentials. Your first call shows whether they work."
            )
            saved = f"{saved} {untested % self.organization.declared.display_name}"
        at = write(now, SECONDS_ZONE)
        return f"{saved} {_('They apply to calls that end after %s.') % at}"

    def show(self, forms: SettingsForms, **kwargs):
        return self.render_to_response(self.get_context_data(forms=forms, **kwargs))

    def get_context_data(self, *, forms: SettingsForms | None = None, **kwargs):
        kwargs.setdefault("version", self.organization.configuration_version)
        forms = forms or SettingsForms(self.organization)
        forms.rules.name_people()
        self.tell_held(forms.rules.fields["several_contacts"])
        self.lock(forms)
        has_owner = "activity_record_owner" in forms.rules.fields
        return super().get_context_data(
            rules=forms.rules,
            locality=forms.locality,
            settings=forms.settings,
            is_new=forms.settings._state.adding,
            sections=[
                (anchor, title)
                for anchor, title in SECTIONS.items()
                if has_owner or anchor != "owner"
            ],
            note_preview=preview_note(forms.rules.instance),
            sample_calls=[(key, label) for key, (label, _call) in SAMPLE_CALLS.items()],
            declared=self.organization.declared,
            listed=self.organization.do_not_log_numbers.count(),
            **kwargs,
        )

    def tell_held(self, field: Field) -> None:
        """Add to the help of the rule how many calls it holds."""
        held = self.organization.calls.filter(
            status=CallStatus.NEEDS_ATTENTION, reason=AttentionReason.SEVERAL_CONTACTS
        ).count()
        if held:
            counted = ngettext(
                "%d call is held for this reason.",
                "%d calls are held for this reason.",
                held,
            )
            field.help_text = f"{field.help_text} {counted % held}"
