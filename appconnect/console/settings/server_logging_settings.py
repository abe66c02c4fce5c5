"""The settings page: the logging rules, and the organization's locality."""

from datetime import datetime

from django.contrib import messages
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from appconnect.console.settings.audit_text import changes_of, words_of
from appconnect.console.settings.note_preview import SAMPLE_CALLS, preview_note
from appconnect.console.settings.settings_forms import SettingsForms
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

DO_NOT_LOG = "do_not_log_numbers"


def version_of(text: str) -> int | None:
    """Return the configuration version in a form; None if it is missing."""
    return int(text[:9]) if text.isascii() and text.isdigit() else None


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
        words = words_of(self.organization)
        for entry in changed.entries:
            entry.shown_changes = list(changes_of(entry, words))
        response = self.show(
            forms,
            conflicts=changed.entries,
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
        chosen = dict(forms.rules.cleaned_data)
        try:
            update_server_logging_settings(
                self.organization,
                NewSettings(
                    do_not_log_numbers=chosen.pop(DO_NOT_LOG, None),
                    do_not_log_shown=forms.rules.do_not_log_shown(),
                    rules=chosen,
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
        at = timezone.localtime(now).strftime("%H:%M:%S %Z")
        return f"{saved} {_('They apply to calls that end after %s.') % at}"

    def show(self, forms: SettingsForms, **kwargs):
        return self.render_to_response(self.get_context_data(forms=forms, **kwargs))

    def get_context_data(self, *, forms: SettingsForms | None = None, **kwargs):
        kwargs.setdefault("version", self.organization.configuration_version)
        forms = forms or SettingsForms(self.organization)
        self.lock(forms)
        return super().get_context_data(
            rules=forms.rules,
            locality=forms.locality,
            settings=get_settings(self.organization),
            note_preview=preview_note(forms.rules.instance),
            sample_calls=[(key, label) for key, (label, _call) in SAMPLE_CALLS.items()],
            declared=self.organization.declared,
            listed=self.organization.do_not_log_numbers.count(),
            **kwargs,
        )
