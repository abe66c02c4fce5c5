"""The theme, light or dark: the browser's preference unless the person chose one."""

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from appconnect.console.shell.navigation import way_back

THEMES = ("light", "dark")
YEAR_SECONDS = 365 * 24 * 3600


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Store ``theme`` in a cookie and return to ``next``; empty means the browser's."""
    theme = request.POST.get("theme", "")
    if theme not in ("", *THEMES):
        return HttpResponseBadRequest(_("Choose light, dark, or neither."))
    response = redirect(way_back(request) or "console:home")
    response.set_cookie(
        "theme",
        theme,
        max_age=YEAR_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )
    return response


def chosen_theme(request: HttpRequest) -> dict[str, str]:
    """Add `theme` to every template: light, dark, or empty."""
    theme = request.COOKIES.get("theme", "")
    return {"theme": theme if theme in THEMES else ""}
