from django import template
from django.utils.translation import gettext as _

from appconnect.calls.models import CallSession
from connector.phone_numbers import EXTENSION_MAX_DIGITS, mask

register = template.Library()


@register.filter
def other_side(call: CallSession) -> str:
    """Write the other party's number, masked, or its extension; empty if not known."""
    if not call.details:
        return ""
    number = call.call_facts.contact_number
    if number and len(number) <= EXTENSION_MAX_DIGITS:
        return _("Ext. %(number)s") % {"number": number}
    return mask(number)
