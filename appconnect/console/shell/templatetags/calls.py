from datetime import UTC, datetime

from django import template
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from appconnect.calls.models import CallSession
from connector.phone_numbers import mask

register = template.Library()


@register.filter
def instant(at: datetime | None) -> SafeString | str:
    """Write an instant as a `<time>`: in the page's time zone, its attribute in UTC.

    None becomes an empty string, here and below.
    """
    if at is None:
        return ""
    machine = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return format_html('<time datetime="{}">{}</time>', machine, instant_text(at))


@register.filter
def instant_text(at: datetime | None) -> str:
    """Write an instant without markup, for attributes and titles."""
    if at is None:
        return ""
    return date_format(timezone.localtime(at), "d M Y H:i:s T")


@register.filter
def other_side(call: CallSession) -> str:
    """Write the number of the other party, masked to its last four digits."""
    return mask(call.call_facts.contact_number) if call.details else ""
