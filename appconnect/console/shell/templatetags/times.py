"""Times as people read them, in the page's zone; for machines in UTC."""

from datetime import UTC, datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
JUST_NOW = timedelta(seconds=10)
WEEK = timedelta(days=7)
FULL = "M j, Y, g:i:s A T"


def element(at: datetime, text: str) -> SafeString:
    """Return a `<time>` with this text, and the whole instant in its title."""
    machine = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', machine, full(at), text
    )


@register.filter
def full(at: datetime | None) -> str:
    """Write an instant to the second with its zone, without markup; None becomes empty."""
    return date_format(timezone.localtime(at), FULL) if at else ""


@register.filter
def ago(at: datetime | None) -> SafeString | str:
    """Write an instant for a list: “12 min ago”, “12:32 PM”, “Mon 3:18 PM”, “Nov 3, 2:11 AM”.

    None becomes an empty string, here and below.
    """
    return element(at, short(at, now=timezone.now())) if at else ""


@register.filter
def clock(at: datetime | None) -> SafeString | str:
    """Write the time of day to the second, for a timeline: “1:51:13 PM”."""
    return element(at, date_format(timezone.localtime(at), "g:i:s A")) if at else ""


@register.filter
def day_clock(at: datetime | None) -> SafeString | str:
    """Write an instant for a fact: “Today, 2:03:02 PM PST”, “Nov 3, 2:11:04 AM PST”."""
    if at is None:
        return ""
    local, today = timezone.localtime(at), timezone.localdate()
    if local.date() == today:
        day = _("Today")
    else:
        day = date_format(local, "M j" if local.year == today.year else "M j, Y")
    return element(at, f"{day}, {date_format(local, 'g:i:s A T')}")


@register.filter
def since(at: datetime | None) -> SafeString | str:
    """Write since when: “9:12 AM” today, “Mon” in the last week, else “Nov 3”."""
    if at is None:
        return ""
    local, now = timezone.localtime(at), timezone.localtime()
    if local.date() == now.date():
        text = date_format(local, "g:i A")
    elif timedelta() < now - local < WEEK - timedelta(days=1):
        text = date_format(local, "D")
    else:
        text = date_format(local, "M j" if local.year == now.year else "M j, Y")
    return element(at, text)


@register.filter
def duration(seconds: int | float | timedelta | None) -> str:
    """Write a duration: “38 s”, “1 min 24 s”, “2 h 05 min”."""
    if seconds is None:
        return ""
    if isinstance(seconds, timedelta):
        seconds = seconds.total_seconds()
    minutes, left = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return _("%(hours)d h %(minutes)02d min") % {"hours": hours, "minutes": minutes}
    if minutes:
        return _("%(minutes)d min %(seconds)02d s") % {
            "minutes": minutes,
            "seconds": left,
        }
    return _("%(seconds)d s") % {"seconds": left}


@register.simple_tag
def zone() -> str:
    """Return the abbreviation of the page's zone now, such as PST."""
    return date_format(timezone.localtime(), "T")


def short(at: datetime, *, now: datetime) -> str:
    passed = now - at
    if abs(passed) < JUST_NOW:
        return _("just now")
    if abs(passed) < HOUR:
        return whole_units(passed)
    local, here = timezone.localtime(at), timezone.localtime(now)
    if local.date() == here.date():
        return date_format(local, "g:i A")
    if timedelta() < passed < WEEK:
        return date_format(local, "D g:i A")
    pattern = "M j, g:i A" if local.year == here.year else "M j, Y, g:i A"
    return date_format(local, pattern)


def whole_units(passed: timedelta) -> str:
    seconds = int(abs(passed).total_seconds())
    is_past = passed > timedelta()
    if seconds < MINUTE.total_seconds():
        return (_("%d s ago") if is_past else _("in %d s")) % seconds
    return (_("%d min ago") if is_past else _("in %d min")) % (seconds // 60)
