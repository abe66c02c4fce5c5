"""Times as people read them, in the page's zone; for machines in UTC."""

from datetime import UTC, date, datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

register = template.Library()

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
JUST_NOW = timedelta(seconds=10)
WEEK = timedelta(days=7)
# Each language writes dates its own way: letters as in Django's `date` filter.
FULL = pgettext_lazy("date format", "M j, Y, g:i:s A T")
DATE = pgettext_lazy("date format", "M j, Y")
DAY = pgettext_lazy("date format", "M j")
WEEKDAY = pgettext_lazy("date format", "D, M j")
WEEKDAY_TIME = pgettext_lazy("date format", "D g:i A")
DATE_TIME = pgettext_lazy("date format", "M j, Y, g:i A")
DAY_TIME = pgettext_lazy("date format", "M j, g:i A")
TIME = pgettext_lazy("date format", "g:i A")
SECONDS = pgettext_lazy("date format", "g:i:s A")
SECONDS_ZONE = pgettext_lazy("date format", "g:i:s A T")


def write(at: datetime, pattern: Promise) -> str:
    return date_format(timezone.localtime(at), str(pattern))


def element(at: datetime, text: str) -> SafeString:
    """Return a `<time>` with this text, and the whole instant in its title."""
    machine = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', machine, full(at), text
    )


@register.filter
def full(at: datetime | None) -> str:
    """Write an instant to the second with its zone, without markup; None becomes empty."""
    return write(at, FULL) if at else ""


@register.filter
def ago(at: datetime | None) -> SafeString | str:
    """Write an instant for a list: “12 min ago”, “12:32 PM”, “Mon 3:18 PM”, “Nov 3, 2:11 AM”.

    None becomes an empty string, here and below.
    """
    return element(at, short(at, now=timezone.now())) if at else ""


@register.filter
def clock(at: datetime | None) -> SafeString | str:
    """Write the time of day to the second, for a timeline: “1:51:13 PM”."""
    return element(at, write(at, SECONDS)) if at else ""


@register.filter
def day_clock(at: datetime | None) -> SafeString | str:
    """Write an instant for a fact: “Today, 2:03:02 PM PST”, “Nov 3, 2:11:04 AM PST”."""
    if at is None:
        return ""
    local, today = timezone.localtime(at), timezone.localdate()
    if local.date() == today:
        day = _("Today")
    else:
        day = write(at, DAY if local.year == today.year else DATE)
    return element(at, f"{day}, {write(at, SECONDS_ZONE)}")


@register.filter
def since(at: datetime | None) -> SafeString | str:
    """Write since when: “9:12 AM” today, “Mon” in the last week, else “Nov 3”."""
    if at is None:
        return ""
    local, now = timezone.localtime(at), timezone.localtime()
    if local.date() == now.date():
        text = write(at, TIME)
    elif timedelta() < now - local < WEEK - timedelta(days=1):
        text = date_format(local, "D")
    else:
        text = write(at, DAY if local.year == now.year else DATE)
    return element(at, text)


@register.filter
def day_of_month(day: date) -> str:
    """Write a day for a chart: “Nov 3”."""
    return date_format(day, str(DAY))


@register.filter
def weekday(day: date) -> str:
    """Write a day for a table: “Mon, Nov 3”."""
    return date_format(day, str(WEEKDAY))


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
        return write(at, TIME)
    if timedelta() < passed < WEEK:
        return write(at, WEEKDAY_TIME)
    return write(at, DAY_TIME if local.year == here.year else DATE_TIME)


def whole_units(passed: timedelta) -> str:
    seconds = int(abs(passed).total_seconds())
    is_past = passed > timedelta()
    if seconds < MINUTE.total_seconds():
        return (_("%d s ago") if is_past else _("in %d s")) % seconds
    return (_("%d min ago") if is_past else _("in %d min")) % (seconds // 60)
