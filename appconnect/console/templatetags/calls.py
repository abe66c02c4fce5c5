from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.dateformat import format as date_format

from appconnect.calls.models import CallEvent
from appconnect.organizations.phone_numbers import mask

register = template.Library()


@register.filter
def instant(at: datetime) -> str:
    """Write an instant in the page's time zone, with the zone's abbreviation."""
    return date_format(timezone.localtime(at), "d M Y H:i:s T")


@register.filter
def other_side(event: CallEvent) -> str:
    """Write the number of the party who is not ours, masked to its last four digits."""
    return mask(event.call.contact_number) if event.details else ""
