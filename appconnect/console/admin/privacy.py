"""The data and privacy page: retention, and export or erasure of one number."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView

from appconnect.calls.actions.erasure import (
    Erasure,
    OnHold,
    count_erasable,
    erase_number,
    export_number,
)
from appconnect.calls.actions.retention import PURGE, PURGE_INTERVAL
from appconnect.console.admin.privacy_table import data_classes
from appconnect.console.calls.call_filters import NumberForm
from appconnect.console.shell.templatetags.times import full
from appconnect.console.shell.views import ConsoleMixin, Role
from appconnect.monitoring.models import PeriodicJob
from appconnect.organizations.logging_settings.retention import (
    RetentionForm,
    get_retention,
    update_retention,
)

NUMBER_HELP = gettext_lazy(
    "Export: a JSON file with everything we keep about its calls. Erase: number, names "
    "and recording links are removed from them for good; you confirm that first."
)
MAX_NAMED = 10
"""How many of the calls that are still being logged are named."""


class PrivacyView(ConsoleMixin, TemplateView):
    """Shows the data that is kept; a POST changes the retention."""

    template_name = "console/admin/privacy.html"
    role = Role.ADMIN
    needs_crm = False

    def make_number_form(self, data=None) -> NumberForm:
        return NumberForm(
            data,
            organization=self.organization,
            label=gettext_lazy("Phone number"),
            help_text=NUMBER_HELP,
        )

    def get_context_data(self, **kwargs):
        retention = get_retention(self.organization)
        purge = PeriodicJob.objects.filter(name=PURGE).first()
        return super().get_context_data(
            retention=retention,
            data_classes=data_classes(retention),
            next_purge=purge and purge.run_at + PURGE_INTERVAL,
            **{
                "form": RetentionForm(instance=retention),
                "number_form": self.make_number_form(),
                **kwargs,
            },
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        form = RetentionForm(request.POST, instance=get_retention(self.organization))
        if not form.is_valid():
            context = self.get_context_data(form=form, faulty=[form])
            return self.render_to_response(context)
        update_retention(
            self.organization,
            **form.cleaned_data,
            actor=self.actor,
            now=timezone.now(),
        )
        messages.success(
            request, _("Retention saved. It applies from the next daily deletion.")
        )
        return redirect("console:privacy")


class NumberView(PrivacyView):
    """An action on the calls of the posted number."""

    needs_recent_sign_in = True

    def get(self, request: HttpRequest) -> HttpResponse:
        return redirect("console:privacy")

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.make_number_form(request.POST)
        if form.is_valid():
            try:
                return self.act(form.cleaned_data["phone_number"])
            except OnHold:
                form.add_error(None, _("Legal hold is on, so nothing was erased."))
        context = self.get_context_data(
            number_form=form, faulty=[form], heading=_("Nothing changed")
        )
        return self.render_to_response(context)

    def act(self, number: str) -> HttpResponse:
        """Act on the calls of the number. Raises `OnHold`."""
        raise NotImplementedError


class ExportNumberView(NumberView):
    def act(self, number: str) -> HttpResponse:
        now = timezone.now()
        calls = export_number(self.organization, number, actor=self.actor, now=now)
        return JsonResponse(
            {"exportedAt": now.isoformat(), "phoneNumber": number, "calls": calls},
            headers={"Content-Disposition": 'attachment; filename="number.json"'},
            json_dumps_params={"indent": 2, "ensure_ascii": False},
        )


class EraseNumberView(NumberView):
    """Show the number of calls first; erase once that is confirmed."""

    def act(self, number: str) -> HttpResponse:
        if "confirmed" not in self.request.POST:
            count = count_erasable(self.organization, number)
            context = self.get_context_data(number=number, count=count)
            return render(self.request, "console/admin/erase_number.html", context)
        erasure = erase_number(
            self.organization, number, actor=self.actor, now=timezone.now()
        )
        self.add_messages(erasure)
        return redirect("console:privacy")

    def add_messages(self, erasure: Erasure) -> None:
        count = erasure.erased
        message = ngettext(
            "Erased %(count)d call. CRM records stay.",
            "Erased %(count)d calls. CRM records stay.",
            count,
        )
        messages.success(self.request, message % {"count": count})
        if waiting := erasure.still_being_logged:
            message = _(
                "Not erased, because they are still being logged: calls of %(times)s. "
                "Erase the number again when they are finished."
            )
            times = "; ".join(full(call.started_at) for call in waiting[:MAX_NAMED])
            messages.warning(self.request, message % {"times": times})
