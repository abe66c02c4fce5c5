from datetime import UTC, datetime

from django import template
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from appconnect.calls.models import CallSession
from appconnect.organizations.logging_settings.phone_numbers import mask

register = template.Library()


@register.filter
def instant(at: datetime | None) -> SafeString | str:
    """Write an instant in the page's time zone as a `<time>`, for machines in UTC.

    One that is unknown is written as nothing, here and below.
    """
    if at is None:
        return ""
    machine = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return format_html('<time datetime="{}">{}</time>', machine, instant_text(at))


@register.filter
def instant_text(at: datetime | None) -> str:
    """Write an instant, with the zone's abbreviation, where no markup may stand."""
    if at is None:
        return ""
    return date_format(timezone.localtime(at), "d M Y H:i:s T")


@register.filter
def relative(at: datetime | None) -> SafeString | str:
    """Write how long ago an instant was, or in how long it will be."""
    if at is None:
        return ""
    return format_html('<span class="quiet">({})</span>', naturaltime(at))


@register.filter
def other_side(call: CallSession) -> str:
    """Write the number of the party who is not ours, masked to its last four digits."""
    return mask(call.call_facts.contact_number) if call.details else ""
