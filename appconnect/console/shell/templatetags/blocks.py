"""Blocks that stand on many pages."""

from django import template
from django.forms.utils import flatatt
from django.template.context import Context
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from appconnect.console.shell.templatetags.icons import icon

register = template.Library()


@register.simple_block_tag
def component(content: SafeString, name: str, **parameters: object) -> SafeString:
    """Write a component of `templates/console/components` with content of its own.

    It sees its parameters and nothing else of the page. Where it has no content,
    `{% include %}` does.
    """
    content = mark_safe(content.strip())  # noqa: S308  rendered by its template
    return render_to_string(
        f"console/components/{name}.html", {**parameters, "content": content}
    )


@register.simple_block_tag
def table(content: SafeString, label: str) -> SafeString:
    """Write a table that scrolls sideways by itself, also with the keyboard."""
    return format_html(
        '<div class="table-wrap" role="region" aria-label="{}" tabindex="0">'
        '<table class="table">{}</table></div>',
        label,
        content,
    )


@register.simple_block_tag
def alert(content: SafeString, heading: str) -> SafeString:
    """Write why a form was not saved, read out and focused as the page loads."""
    return format_html(
        '<div role="alert" class="banner" data-state="bad" data-refused tabindex="-1" '
        'autofocus>{}<div class="grow"><h2>{}</h2>{}</div></div>',
        icon("alert"),
        heading,
        content,
    )


@register.simple_block_tag(takes_context=True)
def post_button(
    context: Context,
    content: SafeString,
    url_name: str,
    *args: object,
    label: str = "",
    **attributes: str,
) -> SafeString:
    """Write a form with nothing but a button, which posts to the URL of this name.

    ``label`` is the button's name for screen readers where its text says too little.
    """
    if label:
        attributes["aria-label"] = label
    return format_html(
        '<form method="post" action="{}">'
        '<input type="hidden" name="csrfmiddlewaretoken" value="{}">'
        "<button{}>{}</button></form>",
        reverse(url_name, args=args),
        context["csrf_token"],
        flatatt(attributes),
        content,
    )
