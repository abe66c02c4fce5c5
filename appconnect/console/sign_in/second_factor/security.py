"""The page about how a person signs in, and what its parts share."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View
from django.views.generic.base import ContextMixin

from appconnect.console.shell.session import must_set_up, set_up_is_done
from appconnect.console.shell.views import ConsoleMixin, Role
from appconnect.organizations.people.second_factor import (
    SecondFactorError,
    is_on,
    make_recovery_codes,
    remove_app,
    remove_passkey,
)
from appconnect.organizations.security.second_factor import passkeys


class SecondFactorMixin(ConsoleMixin):
    """A page about the second factor of the person who is signed in."""

    post_role = Role.VIEWER
    needs_crm = False
    needs_recent_sign_in = True

    def show_recovery_codes(self) -> HttpResponse:
        """Return the only page that shows a person's new recovery codes."""
        codes = make_recovery_codes(self.member, actor=self.actor, now=timezone.now())
        return TemplateResponse(
            self.request,
            "console/sign_in/second_factor/recovery_codes.html",
            ConsoleMixin.get_context_data(self, codes=codes),
        )

    def after_adding(self) -> HttpResponse:
        """Return the page after a factor was added: with the first come recovery codes."""
        set_up_is_done(self.request)
        if not self.member.recovery_codes.exists():
            return self.show_recovery_codes()
        messages.success(
            self.request, _("Added. You're asked for it when you sign in.")
        )
        return redirect("console:sign-in-security")


class SignInSecurityView(ConsoleMixin, TemplateView):
    needs_crm = False
    is_for_set_up = True

    def get_template_names(self) -> list[str]:
        if must_set_up(self.request):
            return ["console/sign_in/second_factor/required.html"]
        return ["console/sign_in/second_factor/security.html"]

    def get_context_data(self, **kwargs):
        apps = self.member.authenticator_apps.filter(confirmed_at__isnull=False)
        return super().get_context_data(
            app=apps.first(),
            passkeys=self.member.passkeys.order_by("created_at"),
            codes_left=self.member.recovery_codes.count(),
            passkeys_are_possible=passkeys.are_possible(),
            **kwargs,
        )


class RecoveryCodesView(SecondFactorMixin, ContextMixin, View):
    def post(self, request: HttpRequest) -> HttpResponse:
        """Show ten new codes; the old ones are worth nothing from now on.

        Without a second factor there is nothing to recover, and the page offers none.
        """
        if not is_on(self.member):
            return redirect("console:sign-in-security")
        return self.show_recovery_codes()


class RemoveView(SecondFactorMixin, View):
    """Removing a factor; a `SecondFactorError` is shown on the page."""

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            self.remove()
        except SecondFactorError as error:
            messages.error(request, str(error))
        else:
            messages.success(
                request, _("Removed. Sign out other browsers under Your sessions.")
            )
        return redirect("console:sign-in-security")

    def remove(self) -> None:
        raise NotImplementedError


class RemoveAppView(RemoveView):
    def remove(self) -> None:
        remove_app(self.member, actor=self.actor, now=timezone.now())


class RemovePasskeyView(RemoveView):
    def remove(self) -> None:
        remove_passkey(
            self.member,
            self.request.POST.get("passkey", ""),
            actor=self.actor,
            now=timezone.now(),
        )
