"""What our part of a logged call's record says, without phone numbers."""

from dataclasses import replace

from appconnect.calls.models import CallSession
from appconnect.calls.text.compose import our_part
from appconnect.calls.text.markers import fence
from appconnect.organizations.connections.connectors import get_settings
from connector.phone_numbers import EXTENSION_MAX_DIGITS, mask
from connector.types import LogFormatType, Party

PLAIN = LogFormatType.PLAIN_TEXT


def record_text(call: CallSession) -> str:
    """Return our part of the record, with the settings of now, as plain text.

    Empty where there is no record of ours, or the call's details were removed.
    """
    if call.status != CallSession.Status.LOGGED or not call.details:
        return ""
    facts = call.written_facts or call.call_facts
    masked = replace(
        facts, caller=without_number(facts.caller), callee=without_number(facts.callee)
    )
    settings = get_settings(call.organization)
    text = our_part(masked, call.logged_contact_name or "", settings, PLAIN)
    return fence(text, PLAIN) if text else ""


def without_number(party: Party) -> Party:
    number = party.phone_number
    is_extension = len(number) <= EXTENSION_MAX_DIGITS
    return party if is_extension else replace(party, phone_number=mask(number))
