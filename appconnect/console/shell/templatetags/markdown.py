from django import template
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

register = template.Library()

# A manifest is foreign text: its HTML is escaped, and only https links are links.
renderer = MarkdownIt("commonmark", {"html": False}).disable("image")
renderer.validateLink = lambda url: url.lower().startswith("https://")


@register.filter
def markdown(text: str) -> SafeString:
    """Render Markdown, such as a manifest's."""
    return mark_safe(renderer.render(text))  # noqa: S308  raw HTML is switched off above
