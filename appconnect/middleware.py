"""Endpoints for machines need no session, no form's token and no message for a person."""

from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse
from django.urls import get_resolver
from django.utils import translation
from django.utils.module_loading import import_string

Respond = Callable[[HttpRequest], HttpResponse]


class PageMiddleware:
    """Runs `settings.PAGE_MIDDLEWARE` for pages, and nothing for machines.

    A machine brings a token: without a session there is nothing that another site could
    have it do.
    """

    def __init__(self, get_response: Respond):
        self.respond_to_machine = self.respond_to_person = get_response
        self.view_hooks = []
        for path in reversed(settings.PAGE_MIDDLEWARE):
            middleware = import_string(path)(self.respond_to_person)
            if hasattr(middleware, "process_view"):
                self.view_hooks.insert(0, middleware.process_view)
            self.respond_to_person = convert_exception_to_response(middleware)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if is_for_machine(request.path_info):
            translation.deactivate()  # the language of the last person on this thread
            return self.respond_to_machine(request)
        return self.respond_to_person(request)

    def process_view(self, request: HttpRequest, *view: object) -> HttpResponse | None:
        if not is_for_machine(request.path_info):
            for hook in self.view_hooks:
                if response := hook(request, *view):
                    return response
        return None


def is_for_machine(path: str) -> bool:
    """Return whether a machine asks: the webhook, or an endpoint without a slash at its end."""
    return path in machine_paths() or path.startswith("/webhooks/")


@cache
def machine_paths() -> frozenset[str]:
    patterns = get_resolver("appconnect.api.urls").url_patterns
    paths = {f"/{pattern.pattern}" for pattern in patterns}
    return frozenset(path for path in paths if not path.endswith("/"))
