"""The icons: our own drawings on a grid of 24, drawn with a line of 1.75."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

CIRCLE = '<circle cx="12" cy="12" r="8.25"/>'
ICONS = {
    "alert": f'{CIRCLE}<path d="M12 8v4.5M12 15.7v.1"/>',
    "bell": '<path d="M6.5 16v-4.8a5.5 5.5 0 0 1 11 0V16l1.5 2H5zM10.5 20.7h3"/>',
    "blocked": '<circle cx="12" cy="12" r="8"/><path d="M6.5 6.5l11 11"/>',
    "check": '<path d="M5.5 12.5l4.2 4.2L18.5 8"/>',
    "chevron-down": '<path d="M6 9.5l6 6 6-6"/>',
    "clock": f'{CIRCLE}<path d="M12 7.5V12l3 2"/>',
    "close": '<path d="M6.5 6.5l11 11M17.5 6.5l-11 11"/>',
    "copy": '<rect x="9" y="9" width="10.5" height="10.5" rx="2"/><path d="M6 15H5.5A1.5 1.5 0 0 1 4 13.5v-8A1.5 1.5 0 0 1 5.5 4h8A1.5 1.5 0 0 1 15 5.5V6"/>',
    "cross": f'{CIRCLE}<path d="M9.3 9.3l5.4 5.4M14.7 9.3l-5.4 5.4"/>',
    "device": '<rect x="5" y="5.5" width="14" height="10" rx="1.5"/><path d="M3 18.5h18"/>',
    "download": '<path d="M12 4v11M7.5 10.5L12 15l4.5-4.5M5 19.5h14"/>',
    "external": '<path d="M13.5 5H19v5.5M19 5l-8 8M17 14v4a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1h4"/>',
    "eye": '<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z"/><circle cx="12" cy="12" r="2.75"/>',
    "flask": '<path d="M9.5 3.5h5M10.5 3.5v5.7l-5 8.6A1.8 1.8 0 0 0 7 20.5h10a1.8 1.8 0 0 0 1.5-2.7l-5-8.6V3.5M8.2 14.5h7.6"/>',
    "inbound": '<path d="M17.5 6.5L7 17M7 9v8h8"/>',
    "inbox": '<path d="M4 13l2.5-7.5h11L20 13v5a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 18zM4 13h4.5l1.5 2.5h4l1.5-2.5H20"/>',
    "info": f'{CIRCLE}<path d="M12 11.2v4.5M12 8.2v.1"/>',
    "link": '<path d="M10.5 13.5a3.7 3.7 0 0 0 5.2 0l3-3a3.7 3.7 0 1 0-5.2-5.2l-1 1M13.5 10.5a3.7 3.7 0 0 0-5.2 0l-3 3a3.7 3.7 0 1 0 5.2 5.2l1-1"/>',
    "list": '<path d="M9 6.5h11M9 12h11M9 17.5h11M4.5 6.5h.1M4.5 12h.1M4.5 17.5h.1"/>',
    "lock": '<rect x="5.5" y="11" width="13" height="8.5" rx="2"/><path d="M8.5 11V8a3.5 3.5 0 0 1 7 0v3"/>',
    "mail": '<rect x="3.5" y="5.5" width="17" height="13" rx="2"/><path d="M4 7.5l8 5.5 8-5.5"/>',
    "menu": '<path d="M4 7h16M4 12h16M4 17h16"/>',
    "minus": f'{CIRCLE}<path d="M8.5 12h7"/>',
    "ok": f'{CIRCLE}<path d="M8.5 12.3l2.4 2.4 4.6-5"/>',
    "outbound": '<path d="M6.5 17.5L17 7M9 7h8v8"/>',
    "overview": '<rect x="4" y="4" width="7" height="7" rx="1.5"/><rect x="14" y="4" width="6" height="4" rx="1.5"/><rect x="14" y="11" width="6" height="9" rx="1.5"/><rect x="4" y="14" width="7" height="6" rx="1.5"/>',
    "pause": '<path d="M9 6v12M15 6v12"/>',
    "people": '<circle cx="9" cy="8.5" r="3"/><path d="M3.5 19c0-3.2 2.4-5 5.5-5s5.5 1.8 5.5 5"/><path d="M15.5 5.8a3 3 0 0 1 0 5.4M17.5 14.5c1.9.7 3 2.3 3 4.5"/>',
    "person": '<circle cx="12" cy="8.5" r="3.5"/><path d="M5 20c0-3.9 3.1-6 7-6s7 2.1 7 6"/>',
    "phone": '<path d="M6.5 4h2.8l1.5 4-1.9 1.4a11 11 0 0 0 5.7 5.7l1.4-1.9 4 1.5v2.8a2.4 2.4 0 0 1-2.6 2.4A15.4 15.4 0 0 1 4.1 6.6 2.4 2.4 0 0 1 6.5 4z"/>',
    "plug": '<path d="M9 3.5V8M15 3.5V8M6.5 8h11v3.5a5.5 5.5 0 0 1-11 0zM12 17v3.5"/>',
    "question": f'{CIRCLE}<path d="M9.7 9.6a2.4 2.4 0 1 1 3.3 2.3c-.7.3-1 .8-1 1.5M12 16.2v.1"/>',
    "retry": '<path d="M19.5 12a7.5 7.5 0 1 1-2.2-5.3L19.5 9M19.5 4v5h-5"/>',
    "rules": '<path d="M5 5.5h14M5 10.5h14M5 15.5h8M15.5 17l2 2 3.5-4"/>',
    "search": '<circle cx="11" cy="11" r="6.25"/><path d="M19.5 19.5l-4-4"/>',
    "server": '<rect x="4" y="4.5" width="16" height="6.5" rx="1.5"/><rect x="4" y="13" width="16" height="6.5" rx="1.5"/><path d="M7.5 7.75h.1M7.5 16.25h.1"/>',
    "shield": '<path d="M12 3.5l7 2.5v5.5c0 4.3-2.8 7.3-7 9-4.2-1.7-7-4.7-7-9V6z"/>',
    "sign-out": '<path d="M14 5H6.5A1.5 1.5 0 0 0 5 6.5v11A1.5 1.5 0 0 0 6.5 19H14M10 12h10M16.5 8.5L20 12l-3.5 3.5"/>',
    "sliders": '<path d="M4 8h8M18 8h2M4 16h2M12 16h8"/><circle cx="15" cy="8" r="2.5"/><circle cx="9" cy="16" r="2.5"/>',
    "swap": '<path d="M4 8.5h15l-3.5-3.5M20 15.5H5l3.5 3.5"/>',
    "undo": '<path d="M8.5 5L4.5 9l4 4M4.5 9H14a5.25 5.25 0 0 1 0 10.5h-3"/>',
    "upload": '<path d="M12 15V4M7.5 8.5L12 4l4.5 4.5M5 19.5h14"/>',
    "warning": '<path d="M10.7 4.7a1.5 1.5 0 0 1 2.6 0l7 12.4a1.5 1.5 0 0 1-1.3 2.2H5a1.5 1.5 0 0 1-1.3-2.2z"/><path d="M12 9.5v4M12 16.4v.1"/>',
}
OF_STATE = {
    "ok": "check",
    "off": "minus",
    "warn": "warning",
    "bad": "cross",
    "info": "clock",
}
"""The icon that a state has where no other is named."""


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """Draw an icon beside a word that says the same; `size` may be ``small``."""
    return format_html(
        '<svg class="icon{}" viewBox="0 0 24 24" aria-hidden="true">{}</svg>',
        f" {size}" if size else "",
        mark_safe(ICONS[name]),  # noqa: S308  the constants above
    )


@register.filter
def or_icon_of(name: str | None, state: str) -> str:
    """Return the icon's name, or that of the state's icon where it is empty."""
    return name or OF_STATE[state]


@register.filter
def flash_icon(state: str) -> str:
    """Return the name of the icon of a message in this state."""
    return {"ok": "ok", "info": "info", "warn": "warning", "bad": "alert"}[state]
