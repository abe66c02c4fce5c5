"""The team page: who may sign in, how, and with which role."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.tokens import default_token_generator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View
from django.views.generic.base import ContextMixin

from appconnect.console.admin.team_forms import (
    ExtensionMemberForm,
    LocalMemberForm,
    RoleForm,
)
from appconnect.console.shell.views import ConsoleMixin, Role
from appconnect.organizations.models import Extension, Member
from appconnect.organizations.models.people.second_factor import has_second_factor
from appconnect.organizations.people.second_factor import require, reset
from appconnect.organizations.people.team import (
    TeamError,
    add_at_extension,
    add_local,
    change_role,
    check_may_be,
    note_password_link,
    remove,
    sign_out,
)
from appconnect.worker import queue


class TeamMixin(ConsoleMixin, ContextMixin):
    needs_recent_sign_in = True
    role = Role.ADMIN
    needs_crm = False

    def show_password_link(self, member: Member) -> HttpResponse:
        """Return the only page that shows a link to set a member's password."""
        note_password_link(member, actor=self.actor, now=timezone.now())
        path = reverse(
            "console:set-password",
            kwargs={
                "uidb64": urlsafe_base64_encode(force_bytes(member.user.pk)),
                "token": default_token_generator.make_token(member.user),
            },
        )
        context = ConsoleMixin.get_context_data(
            self, person=member, link=settings.PUBLIC_URL + path
        )
        return TemplateResponse(
            self.request,
            "console/sign_in/password_link.html",
            context,
            headers={"Cache-Control": "no-store"},
        )


class TeamView(TeamMixin, TemplateView):
    template_name = "console/admin/team.html"

    def post(self, request: HttpRequest) -> HttpResponse:
        is_local = "username" in request.POST
        data = {"local" if is_local else "at_extension": request.POST}
        at_extension, local = self.make_forms(**data)
        form = local if is_local else at_extension
        if form.is_valid():
            try:
                add = self.add_local if is_local else self.add_at_extension
                return add(**form.cleaned_data)
            except TeamError as error:
                form.add_error(None, str(error))
        return self.render_to_response(
            self.get_context_data(at_extension=at_extension, local=local)
        )

    def add_at_extension(self, *, extension: Extension, role: Role) -> HttpResponse:
        now = timezone.now()
        check_may_be(role, self.organization, extension.extension_id, now=now)
        member = add_at_extension(
            self.organization,
            extension.extension_id,
            name=extension.name,
            email=extension.email,
            role=role,
            actor=self.actor,
            now=now,
        )
        messages.success(
            self.request, _("%s can now sign in with RingCentral.") % member
        )
        return redirect("console:team")

    def add_local(self, *, username: str, role: Role) -> HttpResponse:
        member = add_local(
            self.organization,
            username,
            role=role,
            actor=self.actor,
            now=timezone.now(),
        )
        return self.show_password_link(member)

    def make_forms(
        self, at_extension=None, local=None
    ) -> tuple[ExtensionMemberForm, LocalMemberForm]:
        return (
            ExtensionMemberForm(at_extension, organization=self.organization),
            LocalMemberForm(local, auto_id="local_%s"),
        )

    def get_context_data(self, **kwargs):
        at_extension, local = self.make_forms()
        kwargs.setdefault("at_extension", at_extension)
        kwargs.setdefault("local", local)
        members = list(
            self.organization.members.select_related("user")
            .annotate(has_second_factor=has_second_factor())
            .order_by("-user__is_active", "user__first_name", "user__username")
        )
        self.organization.extensions.attach_to(members)
        shown = (kwargs["at_extension"], kwargs["local"])
        return super().get_context_data(
            members=members,
            roles=Role.choices,
            faulty=[form for form in shown if form.errors],
            **kwargs,
        )


class MemberView(TeamMixin, View):
    """An action on one member; a `TeamError` is shown on the team page."""

    def post(self, request: HttpRequest, member_pk: int) -> HttpResponse:
        members = self.organization.members.select_related("user", "organization")
        member = get_object_or_404(members, pk=member_pk)
        if not member.user.is_active:
            message = _("Nothing changed: %s was already removed.")
            messages.info(request, message % member)
            return redirect("console:team")
        try:
            return self.act_on(member) or redirect("console:team")
        except TeamError as error:
            messages.error(request, str(error))
            return redirect("console:team")


class MemberRoleView(MemberView):
    def act_on(self, member: Member) -> None:
        form = RoleForm(self.request.POST)
        if not form.is_valid():
            raise TeamError(_("Choose a role."))
        role = form.cleaned_data["role"]
        change_role(member, role, actor=self.actor, now=timezone.now())
        messages.success(
            self.request,
            _("Role changed: %(name)s, %(role)s.")
            % {"name": member, "role": role.label},
        )


class RemoveMemberView(MemberView):
    def act_on(self, member: Member) -> None:
        remove(member, actor=self.actor, now=timezone.now())
        messages.success(
            self.request, _("%s was removed and signed out everywhere.") % member
        )


class SignOutMemberView(MemberView):
    def act_on(self, member: Member) -> None:
        keys = member.user.sessions.values_list("pk", flat=True)
        sign_out(member, keys, actor=self.actor, now=timezone.now())
        messages.success(self.request, _("%s was signed out everywhere.") % member)


class ResetSecondFactorView(MemberView):
    def act_on(self, member: Member) -> None:
        reset(member, actor=self.actor, now=timezone.now())
        messages.success(
            self.request,
            _("%s's second factor is reset, and they're signed out everywhere.")
            % member,
        )
        queue.tell_of_reset(member.pk)


class RequireSecondFactorView(TeamMixin, View):
    def post(self, request: HttpRequest) -> HttpResponse:
        """Store whether people with a password need a second factor."""
        is_required = request.POST.get("required") == "yes"
        require(self.organization, is_required, actor=self.actor, now=timezone.now())
        if is_required:
            message = _("Required. People without one set it up at their next sign-in.")
        else:
            message = _("No longer required. Those who have one keep using it.")
        messages.success(request, message)
        return redirect("console:team")


class PasswordLinkView(MemberView):
    def get(self, request: HttpRequest, member_pk: int) -> HttpResponse:
        get_object_or_404(self.organization.members, pk=member_pk)
        return redirect("console:team")

    def act_on(self, member: Member) -> HttpResponse:
        if not member.is_local:
            raise TeamError(_("%s signs in with RingCentral.") % member)
        return self.show_password_link(member)
