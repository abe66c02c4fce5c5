"""The user-mapping page: which CRM user owns the calls of which extension."""

from collections.abc import Iterable

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Max, Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View

from appconnect.calls.decision.rules import chosen_extensions
from appconnect.console.shell.errors import NotThere
from appconnect.console.shell.navigation import Filter
from appconnect.console.shell.views import ConsoleMixin, Role
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.mapping.mapping_changes import find_undoable
from appconnect.organizations.models import Organization, UserMapping
from appconnect.worker import queue

PAGE_SIZE = 50
MAX_SEARCH_LENGTH = 200
FILTERS = {
    "": gettext_lazy("All"),
    "mapped": gettext_lazy("Mapped"),
    "unmapped": gettext_lazy("Unmapped"),
    "ambiguous": gettext_lazy("Conflicts"),
    "inactive": gettext_lazy("Inactive"),
    "shared": gettext_lazy("Queues and shared extensions"),
}


class MappingMixin(ConsoleMixin):
    """A page that exists only where the manifest enables user mapping."""

    def mappings(self):
        if not self.organization.declared.server_side_logging.enable_user_mapping:
            raise NotThere(_("This CRM has no user mapping."))
        return self.organization.user_mappings.filter(
            platform=self.organization.platform
        ).select_related("extension", "crm_user")

    def crm_users(self, words: str = ""):
        """Return the CRM's users whose name or e-mail address contains the words."""
        users = self.organization.crm_users.filter(platform=self.organization.platform)
        if words:
            users = users.filter(Q(name__icontains=words) | Q(email__icontains=words))
        return users

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            crm=self.organization.declared.display_name, **kwargs
        )


def words_of(request: HttpRequest) -> str:
    """Return the words that a person searches for."""
    return request.GET.get("q", "").replace("\0", "").strip()[:MAX_SEARCH_LENGTH]


class UserMappingView(MappingMixin, TemplateView):
    template_name = "console/mapping/user_mapping.html"

    def get_context_data(self, **kwargs):
        mappings = self.mappings()
        chosen = self.request.GET.get("show", "")
        chosen = chosen if chosen in FILTERS else ""
        words = words_of(self.request)
        shown = mappings.order_by("extension__extension_number", "pk")
        if chosen:
            shown = getattr(shown, chosen)()
        if words:
            shown = shown.filter(
                Q(extension__name__icontains=words)
                | Q(extension__extension_number__icontains=words)
                | Q(extension__email__icontains=words)
                | Q(crm_user__name__icontains=words)
                | Q(crm_user__email__icontains=words)
            )
        page = Paginator(shown, PAGE_SIZE).get_page(self.request.GET.get("page"))
        add_last_calls(self.organization, page.object_list)
        add_is_logged(self.organization, page.object_list)
        return super().get_context_data(
            page=page,
            page_numbers=page.paginator.get_elided_page_range(page.number),
            filters=[
                Filter(label, query(show=key, q=words), is_chosen=key == chosen)
                for key, label in FILTERS.items()
            ],
            chosen=chosen,
            words=words,
            here=query(show=chosen, q=words),
            counts=mappings.counts(),
            last_batch=find_undoable(self.organization, now=timezone.now()),
            **kwargs,
        )


def query(**values: str) -> str:
    """Return a query string of the values that are not empty."""
    parameters = QueryDict(mutable=True)
    parameters.update({name: value for name, value in values.items() if value})
    return parameters.urlencode()


def add_last_calls(organization: Organization, mappings: Iterable[UserMapping]) -> None:
    """Set each mapping's `last_call_at`, None if its extension had no call."""
    ids = [mapping.extension.extension_id for mapping in mappings]
    calls = organization.calls.filter(extension_id__in=ids).order_by()
    latest = dict(calls.values_list("extension_id").annotate(Max("started_at")))
    for mapping in mappings:
        mapping.last_call_at = latest.get(mapping.extension.extension_id)


def add_is_logged(organization: Organization, mappings: Iterable[UserMapping]) -> None:
    """Set each mapping's `is_logged`: whether its extension's calls are logged."""
    chosen = chosen_extensions(organization, get_settings(organization))
    for mapping in mappings:
        extension = mapping.extension
        is_chosen = chosen is None or extension.extension_id in chosen
        mapping.is_logged = extension.is_logged and is_chosen


class RefreshDirectoryView(MappingMixin, View):
    post_role = Role.OPERATOR

    def post(self, request: HttpRequest) -> HttpResponse:
        self.mappings()
        queue.refresh_directory(str(self.organization.pk), self.member.pk)
        messages.info(
            request,
            _("Extensions and CRM users are being read. Reload the page in a moment."),
        )
        return redirect("console:user-mapping")
