"""The settings page: the manifest's form, and the logging rules."""

from django.contrib import messages
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from appconnect.calls import queue
from appconnect.console.note_preview import preview_note
from appconnect.console.views import ConsoleMixin
from appconnect.organizations.connectors import NoCredentials, get_settings
from appconnect.organizations.forms import AdditionalFieldsForm
from appconnect.organizations.logging_rules import LoggingRulesForm
from appconnect.organizations.server_logging import (
    additional_fields,
    update_server_logging_settings,
)
from connector.errors import ConnectorError, InvalidSettings

DO_NOT_LOG = "do_not_log_numbers"


class ServerLoggingSettingsView(ConsoleMixin, TemplateView):
    template_name = "console/server_logging_settings.html"

    def post(self, request, *args, **kwargs):
        rules, fields = self.make_forms(request.POST)
        if fields.is_blank and not wants_logging(rules):
            # Before the CRM is connected an admin can still set the rules.
            fields = self.make_forms()[1]
        forms = [rules, fields] if fields.is_bound else [rules]
        faulty = [form for form in forms if not form.is_valid()]
        if not faulty and self.save(rules, fields):
            messages.success(request, _("The settings are saved and in force."))
            return redirect("console:server-logging-settings")
        context = self.get_context_data(
            rules=rules, fields=fields, faulty=faulty or [fields]
        )
        return self.render_to_response(context)

    def save(self, rules, fields) -> bool:
        """Save both forms, or show in them why not."""
        chosen = dict(rules.cleaned_data)
        try:
            update_server_logging_settings(
                self.organization,
                additional_field_values=fields.values if fields.is_bound else {},
                do_not_log_numbers=chosen.pop(DO_NOT_LOG),
                rules=chosen,
                admin_extension_id=self.member.extension_id,
                actor=self.actor,
                now=timezone.now(),
            )
        except InvalidSettings as error:
            known = error.const if error.const in fields.fields else None
            fields.add_error(known, str(error))
        except (ConnectorError, NoCredentials) as error:
            fields.add_error(None, _("Nothing was saved. %s") % error)
        else:
            queue.configuration_changed(self.organization)
            return True
        return False

    def make_forms(self, data=None):
        settings = get_settings(self.organization)
        fields = AdditionalFieldsForm(
            data,
            additional_fields=additional_fields(self.organization),
            stored=settings.additional_field_values,
            prefix="additional",
        )
        return LoggingRulesForm(data, instance=settings), fields

    def get_context_data(self, **kwargs):
        if "rules" not in kwargs:
            kwargs["rules"], kwargs["fields"] = self.make_forms()
        settings = get_settings(self.organization)
        return super().get_context_data(
            settings=settings,
            note_preview=preview_note(settings),
            declared=self.organization.declared,
            **kwargs,
        )


def wants_logging(rules: LoggingRulesForm) -> bool:
    level = rules["logging_level"].data
    return level != rules.instance.LoggingLevel.DISABLE
