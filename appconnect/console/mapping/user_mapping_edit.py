"""The page that maps one extension to a CRM user by hand."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from appconnect.console.mapping.table import words_of
from appconnect.console.mapping.user_mapping import MappingMixin
from appconnect.console.shell.navigation import way_back
from appconnect.console.shell.views import Role
from appconnect.organizations.mapping.mapping_changes import (
    ChangedMeanwhile,
    map_extension,
)
from appconnect.organizations.mapping.mapping_history import find_last_change
from appconnect.worker import queue

MAX_CANDIDATES = 20


class CandidatesMixin(MappingMixin):
    def candidates(self) -> dict[str, object]:
        """Return the CRM users that match the search, as context of a template."""
        words = words_of(self.request)
        users = self.crm_users(words).filter(is_active=True).order_by("name", "pk")
        found = list(users[: MAX_CANDIDATES + 1])
        return {
            "words": words,
            "candidates": found[:MAX_CANDIDATES],
            "has_more": len(found) > MAX_CANDIDATES,
        }


class CrmUserOptionsView(CandidatesMixin, TemplateView):
    """The options for the text that is typed into a combobox.

    htmx names the list that asks, of which a page may have several.
    """

    template_name = "console/mapping/edit/_crm_user_options.html"

    def get_context_data(self, **kwargs):
        self.mappings()
        asking = self.request.headers.get("HX-Target", "")
        return {"list": asking or "crm-users", **self.candidates()}


class UserMappingEditView(CandidatesMixin, TemplateView):
    """Map one extension to a CRM user, or to none; the table's rows send the same form.

    The form carries the version of the mapping that it shows. If another person has
    changed it meanwhile, both choices are shown and nothing is written.
    """

    template_name = "console/mapping/edit/user_mapping_edit.html"
    post_role = Role.OPERATOR

    def get_context_data(self, **kwargs):
        mapping = get_object_or_404(self.mappings(), pk=self.kwargs["pk"])
        return super().get_context_data(
            mapping=mapping,
            way_back=way_back(self.request),
            **self.candidates(),
            **kwargs,
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        mapping = get_object_or_404(self.mappings(), pk=pk)
        version = request.POST.get("version", "")
        if not (version.isascii() and version.isdigit()):
            return HttpResponseBadRequest(_("The form is incomplete. Reload the page."))
        user = None
        if chosen := request.POST.get("crm_user", "").replace("\0", ""):
            user = get_object_or_404(self.crm_users(), crm_user_id=chosen)
            if not user.is_active:
                context = self.get_context_data(inactive=user)
                return self.render_to_response(context, status=422)
        try:
            map_extension(
                mapping,
                user,
                expected_version=int(version[:9]),
                actor=self.actor,
                now=timezone.now(),
            )
        except ChangedMeanwhile:
            mapping = get_object_or_404(self.mappings(), pk=pk)
            if mapping.crm_user != user:
                context = self.get_context_data(
                    is_conflict=True, theirs=find_last_change(mapping), mine=user
                )
                return self.render_to_response(context, status=409)
        if user:
            message = _("%(extension)s is mapped to %(user)s.")
            logged = self.log_held_calls([mapping])
        else:
            message, logged = _("%(extension)s is unmapped."), ""
            queue.send_due()
        messages.success(
            request,
            message % {"extension": mapping.extension, "user": user} + logged,
        )
        return redirect(way_back(request) or "console:user-mapping")
