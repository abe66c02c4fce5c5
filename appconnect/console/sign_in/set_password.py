"""The page on which a person with a link from an admin sets their password."""

from django.contrib import messages
from django.contrib.auth.views import PasswordResetConfirmView
from django.db import transaction
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _

from appconnect.organizations.models import AuditEntry, Member
from appconnect.organizations.security import audit
from appconnect.organizations.security.audit import actor_of


class SetPasswordView(PasswordResetConfirmView):
    template_name = "console/sign_in/set_password.html"
    success_url = reverse_lazy("login")

    def get_user(self, uidb64):
        user = super().get_user(uidb64)
        return user if user is not None and user.is_active else None

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        form = context.get("form")
        return {**context, "faulty": [form] if form and form.errors else []}

    @transaction.atomic
    def form_valid(self, form):
        member = Member.objects.filter(user=self.user).first()
        if member is not None:
            audit.log(
                member.organization,
                AuditEntry.Action.PASSWORD_SET,
                actor=actor_of(self.request, str(member)),
                now=timezone.now(),
            )
        messages.success(self.request, _("Password set. Sign in with it."))
        return super().form_valid(form)
