"""The mixin of all pages: sign-in, role, organization, time zone."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from appconnect.console.shell.navigation import CHIPS, Count, came_from, menu_for
from appconnect.console.shell.session import is_ended, is_recent, must_set_up
from appconnect.monitoring.setup.step import SetUpStep
from appconnect.monitoring.setup.wizard import find_set_up_steps
from appconnect.monitoring.status.standing import Standing, find_standing
from appconnect.organizations.models import AuditEntry, Member, Organization
from appconnect.organizations.people.admin_right import (
    NotAdmin,
    check_admin_right,
    check_right_to_read,
)
from appconnect.organizations.security.audit import actor_of
from appconnect.organizations.security.refusals import record_refusal

Role = Member.Role


class ConsoleMixin:
    """A page of the signed-in person's organization.

    It is rendered in the person's time zone, else the organization's. A POST needs
    `post_role`; an admin must also be an administrator of the RingCentral account: at
    that moment to change something, within minutes to read.
    """

    role = Role.VIEWER
    """The role that may see the page."""
    post_role = Role.ADMIN
    """The role that may send its forms."""
    member: Member
    organization: Organization
    needs_recent_sign_in = False
    """Whether a POST needs a sign-in or a confirmation in the last ten minutes."""
    is_export = False
    """Whether a GET needs it too, as it carries away many rows at once, or a secret."""
    is_for_set_up = False
    """Whether the page is for people too who have yet to set up a second factor."""
    needs_crm = True
    """Whether the page needs a CRM that can be used; else it redirects to the connections."""

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return ask_to_sign_in(request)
        member = (
            Member.objects.select_related(
                "user", "organization__ringcentral_connection"
            )
            .with_time_zone()
            .filter(user=request.user)
            .first()
        )
        if member is None:
            raise PermissionDenied(
                _("You don't have access yet. Ask an admin to add you.")
            )
        now = timezone.now()
        if is_ended(request, member, now=now):
            logout(request)
            return ask_to_sign_in(request)
        if must_set_up(request) and not self.is_for_set_up:
            return go_to(request, reverse("console:sign-in-security"))
        self.member, self.organization = member, member.organization
        self.actor = actor_of(request, str(member))
        try:
            self.check_role(member, writes=request.method == "POST")
        except PermissionDenied:
            self.record_denial()
            raise
        needs_recent_sign_in = self.is_export or (
            request.method == "POST" and self.needs_recent_sign_in
        )
        if needs_recent_sign_in and not is_recent(request, now=now):
            return ask_to_confirm(request)
        if self.needs_crm and not self.organization.has_crm:
            return redirect("console:connections")
        zone = ZoneInfo(member.time_zone or self.organization.time_zone)
        with timezone.override(zone):
            response = super().dispatch(request, *args, **kwargs)
            if hasattr(response, "render"):
                response.render()
        return response

    def record_denial(self) -> None:
        """Log in the audit log that the request was refused."""
        record_refusal(
            self.organization,
            AuditEntry.Action.ACCESS_DENIED,
            actor=self.actor,
            subject=f"{self.request.method} {self.request.path}",
            now=timezone.now(),
        )

    def check_role(self, member: Member, *, writes: bool) -> None:
        """Raise `PermissionDenied` if the role, or the admin right, is missing."""
        needed = self.post_role if writes else self.role
        if not member.may(needed):
            raise PermissionDenied(
                _("You need the %(role)s role. Ask an admin.") % {"role": needed.label}
            )
        if member.role == Role.ADMIN:
            check = check_admin_right if writes else check_right_to_read
            try:
                check(member, now=timezone.now())
            except NotAdmin as error:
                raise PermissionDenied(str(error)) from error

    def http_method_not_allowed(self, request, *args, **kwargs) -> HttpResponse:
        """Return a page: Django's own response is empty."""
        refusal = super().http_method_not_allowed(request, *args, **kwargs)
        refusal.content = render(request, "405.html").content
        return refusal

    def lock(self, forms: Iterable[BaseForm | None]) -> None:
        """Disable the forms for a person whose role may not save them."""
        if not self.member.may(self.post_role):
            for form in filter(None, forms):
                for field in form.fields.values():
                    field.disabled = True

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        """Show the page again, with this form among those that have errors."""
        return self.render_to_response(self.get_context_data(form=form, faulty=[form]))

    def get_context_data(self, **kwargs):
        organization, now = self.organization, timezone.now()
        standing = find_standing(organization, now=now)
        kwargs.setdefault("logging_state", standing.state)
        if not standing.has_logged and self.member.may(Role.ADMIN):
            steps = kwargs.get("steps") or self.find_set_up_steps()
            kwargs |= {"steps": steps, "steps_done": sum(s.is_done for s in steps)}
        return super().get_context_data(
            organization=organization,
            member=self.member,
            menu=menu_for(
                self.member, path=self.request.path, counts=counts_of(standing)
            ),
            chip=CHIPS[kwargs["logging_state"]],
            attention=standing.held,
            has_logged=standing.has_logged,
            open_circuit=standing.circuit,
            nothing_logged=standing.nothing_logged,
            **kwargs,
        )

    def find_set_up_steps(self) -> list[SetUpStep]:
        """Return the steps of the set-up, whose progress the menu shows."""
        return find_set_up_steps(
            self.organization,
            admin_extension_id=self.member.extension_id,
            now=timezone.now(),
        )


def counts_of(standing: Standing) -> dict[str, Count]:
    """Return the numbers beside the menu's entries, by the page's name."""
    counts = {
        "needs-attention": Count(
            standing.held, ngettext("call", "calls", standing.held), "warn"
        ),
        "user-mapping": Count(standing.mapping_to_do, _("to do")),
    }
    return {name: count for name, count in counts.items() if count.number}


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """Redirect to the sign-in page, which leads back to the page."""
    if request.headers.get(
        "HX-Request"
    ):  # htmx would put the sign-in page inside the page
        return HttpResponseClientRefresh()
    is_page = request.method == "GET"
    return redirect_to_login(request.get_full_path() if is_page else came_from(request))


def ask_to_confirm(request: HttpRequest) -> HttpResponse:
    """Redirect to the confirmation page, which leads back to the page."""
    query = QueryDict(mutable=True)
    query["next"] = came_from(request)
    return go_to(request, f"{reverse('console:confirm-sign-in')}?{query.urlencode()}")


def go_to(request: HttpRequest, url: str) -> HttpResponse:
    """Redirect the whole page, also where htmx asked for a part of it."""
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(url)
    return redirect(url)
