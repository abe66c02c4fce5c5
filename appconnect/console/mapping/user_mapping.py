"""The user-mapping page: which CRM user owns the calls of which extension."""

from collections.abc import Iterable

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import TemplateView, View

from appconnect.console.mapping.table import (
    ORDERS,
    TABS,
    TYPES,
    find_page,
    make_rows,
    view_of,
)
from appconnect.console.shell.errors import NotThere
from appconnect.console.shell.views import ConsoleMixin, Role
from appconnect.monitoring.needs_attention import held_by_extension, retry_calls_of
from appconnect.organizations.mapping.mapping_changes import find_undoable
from appconnect.organizations.mapping.mapping_proposals import (
    Proposals,
    find_proposals,
)
from appconnect.organizations.mapping.matching import Confidence
from appconnect.organizations.mapping.user_mapping import is_open
from appconnect.organizations.models import UserMapping
from appconnect.worker import queue


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

    def log_held_calls(self, mappings: Iterable[UserMapping]) -> str:
        """Retry the held calls of extensions that were mapped; return a sentence about them.

        It begins with a space, and is empty where no call was held.
        """
        ids = [mapping.extension.extension_id for mapping in mappings]
        count = retry_calls_of(self.organization, ids, now=timezone.now())
        queue.send_due()
        if not count:
            return ""
        sentence = ngettext(
            "%(count)d held call is being logged.",
            "%(count)d held calls are being logged.",
            count,
        )
        return " " + sentence % {"count": count}

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            crm=self.organization.declared.display_name, **kwargs
        )


class UserMappingView(MappingMixin, TemplateView):
    template_name = "console/mapping/user_mapping.html"

    def get_context_data(self, **kwargs):
        mappings, view = self.mappings(), view_of(self.request)
        held = held_by_extension(self.organization)
        page = find_page(mappings, view, held, self.request.GET.get("page"))
        shown = mappings.in_bulk(page.object_list)
        found = self.find_shown_proposals(shown.values())
        counts = mappings.counts()
        suggestions = sum(p.finding.crm_user is not None for p in found.proposals)
        return super().get_context_data(
            view=view,
            page=page,
            rows=make_rows(
                self.organization,
                [shown[pk] for pk in page.object_list if pk in shown],
                held=held,
                found=found,
            ),
            tabs=[
                (label, view.query(tab=key), counts[key], key == view.tab)
                for key, label in TABS.items()
            ],
            types=[(key, label) for key, (label, _types) in TYPES.items()],
            orders=ORDERS.items(),
            previous=view.query(page=page.number - 1),
            next=view.query(page=page.number + 1),
            may_map=self.member.may(Role.OPERATOR),
            here=f"{self.request.path}?{view.query(page=page.number)}",
            counts=counts,
            logged=counts["all"] - counts["not_logged"],
            suggestions=suggestions,
            conflicts=len(found.of(Confidence.AMBIGUOUS)),
            has_crm_users=self.crm_users().exists(),
            last_batch=find_undoable(self.organization, now=timezone.now()),
            **kwargs,
        )

    def find_shown_proposals(self, mappings: Iterable[UserMapping]) -> Proposals:
        """Return the proposals, unless neither rows nor summary show any.

        Each matching reads all extensions and CRM users, and htmx asks for the rows alone
        while somebody types.
        """
        shows_summary = self.request.headers.get("HX-Target") != "mappings"
        if shows_summary or any(is_open(m.crm_user_id, m.match) for m in mappings):
            return find_proposals(self.organization)
        return Proposals()


class RefreshDirectoryView(MappingMixin, View):
    post_role = Role.OPERATOR

    def post(self, request: HttpRequest) -> HttpResponse:
        self.mappings()
        queue.refresh_directory(str(self.organization.pk), self.member.pk)
        messages.info(
            request,
            _("Reading extensions and CRM users. Reload the page in a moment."),
        )
        return redirect("console:user-mapping")
