"""The user-mapping page: which CRM user owns the calls of which extension."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View

from appconnect.calls import queue
from appconnect.console.navigation import way_back
from appconnect.console.views import ConsoleMixin, Role
from appconnect.organizations.models import CrmUser
from appconnect.organizations.user_mapping import map_extension

PAGE_SIZE = 50
MOST_CANDIDATES = 20
MOST_LETTERS = 200
FILTERS = {
    "": gettext_lazy("All"),
    "mapped": gettext_lazy("Mapped"),
    "unmapped": gettext_lazy("Unmapped"),
    "ambiguous": gettext_lazy("Ambiguous"),
}


class MappingMixin(ConsoleMixin):
    """A page that exists only where the manifest enables user mapping."""

    def mappings(self):
        if not self.organization.declared.server_side_logging.enable_user_mapping:
            raise Http404("This CRM has no user mapping.")
        return self.organization.user_mappings.filter(
            platform=self.organization.platform
        ).select_related("extension", "crm_user")


class UserMappingView(MappingMixin, TemplateView):
    template_name = "console/user_mapping.html"

    def get_context_data(self, **kwargs):
        mappings = self.mappings()
        chosen = self.request.GET.get("show", "")
        words = self.request.GET.get("q", "").strip()[:MOST_LETTERS]
        shown = mappings.order_by("extension__extension_number", "pk")
        if chosen in FILTERS and chosen:
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
        return super().get_context_data(
            page=page,
            filters=FILTERS.items(),
            chosen=chosen,
            words=words,
            mapped=mappings.mapped().count(),
            unmapped=mappings.unmapped().count(),
            ambiguous=mappings.ambiguous().count(),
            **kwargs,
        )


class RefreshDirectoryView(MappingMixin, View):
    post_role = Role.OPERATOR

    def post(self, request: HttpRequest) -> HttpResponse:
        self.mappings()
        queue.refresh_directory(str(self.organization.pk))
        messages.info(
            request,
            _("Extensions and CRM users are being read. Reload the page in a moment."),
        )
        return redirect("console:user-mapping")


class UserMappingEditView(MappingMixin, TemplateView):
    """Choose the CRM user of one extension by hand, or that nobody owns its calls."""

    template_name = "console/user_mapping_edit.html"
    post_role = Role.OPERATOR

    def get_context_data(self, **kwargs):
        mapping = get_object_or_404(self.mappings(), pk=self.kwargs["pk"])
        words = self.request.GET.get("q", "").strip()[:MOST_LETTERS]
        users = self.crm_users().filter(is_active=True)
        if words:
            users = users.filter(Q(name__icontains=words) | Q(email__icontains=words))
        found = list(users.order_by("name", "pk")[: MOST_CANDIDATES + 1])
        return super().get_context_data(
            mapping=mapping,
            candidates=found[:MOST_CANDIDATES],
            has_more=len(found) > MOST_CANDIDATES,
            words=words,
            way_back=way_back(self.request),
            **kwargs,
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        mapping = get_object_or_404(self.mappings(), pk=pk)
        user = None
        if chosen := request.POST.get("crm_user", ""):
            user = get_object_or_404(self.crm_users(), crm_user_id=chosen)
        map_extension(mapping, user, actor=self.actor, now=timezone.now())
        if user:
            said = _("%(extension)s is mapped to %(user)s.")
        else:
            said = _("%(extension)s is mapped to nobody.")
        messages.success(request, said % {"extension": mapping.extension, "user": user})
        queue.send_due()
        return redirect(way_back(request) or "console:user-mapping")

    def crm_users(self):
        return CrmUser.objects.filter(
            organization=self.organization, platform=self.organization.platform
        )
