"""A preview of the record's text for a sample call."""

from dataclasses import replace
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.generic import View
from django.views.generic.base import TemplateResponseMixin

from appconnect.calls.text.compose import our_part
from appconnect.calls.text.markers import fence
from appconnect.console.settings.settings_forms import SettingsForms
from appconnect.console.shell.views import ConsoleMixin, Role
from appconnect.organizations.models import ServerLoggingSettings
from connector.types import Call, Contact, Direction, LogFormatType, Party

AUDIO = "https://media.ringcentral.com/restapi/v1.0/account/1"
SAMPLE_CONTACT = Contact(id="", name="Ada Example")
SAMPLE_CALL = Call(
    telephony_session_id="s-0123456789abcdef",
    session_id="429180487016",
    direction=Direction.INBOUND,
    caller=Party(phone_number="+14155550101", name="ADA EXAMPLE"),
    callee=Party(phone_number="+16505550102", extension_number="102", name="Ann Agent"),
    started_at=datetime(2026, 3, 31, 14, 15, tzinfo=UTC),
    duration_seconds=65,
    result="Accepted",
    recording_url=f"{AUDIO}/recording/1/content",
)
SAMPLE_CALLS = {
    "answered": (_("Answered and recorded"), SAMPLE_CALL),
    "outbound": (
        _("Outbound"),
        replace(
            SAMPLE_CALL,
            direction=Direction.OUTBOUND,
            caller=SAMPLE_CALL.callee,
            callee=SAMPLE_CALL.caller,
            result="Call connected",
            recording_url="",
        ),
    ),
    "voicemail": (
        _("Missed with voicemail"),
        replace(
            SAMPLE_CALL,
            duration_seconds=12,
            result="Voicemail",
            recording_url="",
            voicemail_url=f"{AUDIO}/extension/1/message-store/1/content/1",
        ),
    ),
}


def preview_note(
    settings: ServerLoggingSettings, call_facts: Call = SAMPLE_CALL
) -> str:
    """Return the text of the sample as plain text, whatever format the CRM uses."""
    plain = LogFormatType.PLAIN_TEXT
    details = our_part(call_facts, SAMPLE_CONTACT.name, settings, plain)
    return "" if details is None else fence(details, plain)


class NotePreviewView(ConsoleMixin, TemplateResponseMixin, View):
    """The text with the values in the settings form; nothing is saved."""

    template_name = "console/settings/_note_preview.html"
    post_role = Role.VIEWER

    def post(self, request: HttpRequest) -> HttpResponse:
        forms = SettingsForms(self.organization, request.POST)
        forms.are_valid()  # applies the valid values; saving refuses the others
        _label, call_facts = SAMPLE_CALLS.get(
            request.POST.get("sample_call", ""), SAMPLE_CALLS["answered"]
        )
        preview = preview_note(forms.rules.instance, call_facts)
        return self.render_to_response({"note_preview": preview})
