"""The CRM account on the connections page: the manifest's fields, saved without the rules."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appconnect.calls.crm.circuit import credentials_accepted
from appconnect.console.settings.audit_text import conflict_of
from appconnect.console.settings.connections.connections import (
    ConnectionsView,
    address_of,
)
from appconnect.console.settings.server_logging_settings import version_of
from appconnect.console.shell.navigation import way_back
from appconnect.organizations.connections.connectors import (
    NoCredentials,
    can_prove_credentials,
    get_settings,
)
from appconnect.organizations.logging_settings.forms import AdditionalFieldsForm
from appconnect.organizations.logging_settings.server_logging import (
    NewSettings,
    update_server_logging_settings,
)
from appconnect.organizations.logging_settings.settings_history import SettingsChanged
from appconnect.worker import queue
from connector.errors import ConnectorError, InvalidSettings


class AccountView(ConnectionsView):
    """Tests and saves the account; a draft is saved without a test, while logging is off."""

    needs_crm = True

    def get(self, request: HttpRequest) -> HttpResponse:
        return redirect(address_of(request))

    def post(self, request: HttpRequest) -> HttpResponse:
        account = self.make_account(request.POST)
        is_draft = (
            "draft" in request.POST and not get_settings(self.organization).is_enabled
        )
        version = version_of(request.POST.get("version", ""))
        waiting = self.count_waiting()
        now = timezone.now()
        try:
            is_saved = account.is_valid() and self.save(
                account, is_draft=is_draft, shown_version=version, now=now
            )
        except SettingsChanged as changed:
            return self.show_conflict(account, changed)
        if not is_saved:
            context = self.get_context_data(account=account, version=version)
            return self.render_to_response(context)
        messages.success(request, self.saved_message(is_draft=is_draft, count=waiting))
        return redirect(way_back(request) or address_of(request))

    def save(
        self,
        account: AdditionalFieldsForm,
        *,
        is_draft: bool,
        shown_version: int | None,
        now: datetime,
    ) -> bool:
        """Save the account, or add the reason to its form as an error.

        Return whether it was saved. Raises `SettingsChanged`.
        """
        try:
            update_server_logging_settings(
                self.organization,
                NewSettings(
                    additional_field_values=account.values,
                    is_draft=is_draft,
                    shown_version=shown_version,
                ),
                admin_extension_id=self.member.extension_id,
                actor=self.actor,
                now=now,
            )
        except InvalidSettings as error:
            name = error.const if error.const in account.fields else None
            account.add_error(name, error.full_message)
        except ConnectorError as error:
            account.add_error(None, error.full_message)
        except NoCredentials as error:
            account.add_error(None, str(error))
        else:
            if not is_draft and can_prove_credentials(self.organization.platform):
                credentials_accepted(self.organization, now=now)
            queue.configuration_changed(self.organization)
            return True
        return False

    def saved_message(self, *, is_draft: bool, count: int) -> str:
        name = self.organization.declared.display_name
        if is_draft:
            return _("Saved without testing. Logging stays off.")
        if not can_prove_credentials(self.organization.platform):
            untested = _(
                "%s can't test credentials. Your first call shows whether they work."
            )
            return f"{_('Saved.')} {untested % name}"
        saved = _("Saved. %s is connected.") % name
        if not count:
            return saved
        logged = ngettext(
            "%d waiting call is being logged.",
            "%d waiting calls are being logged.",
            count,
        )
        return f"{saved} {logged % count}"

    def show_conflict(
        self, account: AdditionalFieldsForm, changed: SettingsChanged
    ) -> HttpResponse:
        """Show what others saved beside what was typed; saving again overwrites it."""
        context = self.get_context_data(
            account=account,
            conflict=conflict_of(self.organization, changed),
            version=changed.entries[-1].configuration_version,
        )
        return self.render_to_response(context, status=409)
