"""People and numbers as the pages show them."""

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma

register = template.Library()

HUES = 6


@register.filter
def hue(name: object) -> str:
    """Return the class of a person's avatar: one name always has the same color."""
    return f"h{sum(map(ord, str(name))) % HUES + 1}"


@register.filter
def initials(name: object) -> str:
    """Return the first letters of the first and the last word."""
    words = str(name).split()
    return "".join(word[0] for word in [*words[:1], *words[1:][-1:]]).upper()


@register.filter
def number(count: int | None) -> str:
    """Write a count with thousands separated: “1,284”. None becomes a dash."""
    return "–" if count is None else intcomma(count)
