"""The data and privacy page: what is kept, for how long, and what is kept about a number."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import TemplateView, View

from appconnect.calls.erasure import Erasure, OnHold, erase_number, export_number
from appconnect.calls.models import PeriodicJob
from appconnect.calls.retention import PURGE, PURGE_INTERVAL
from appconnect.console.privacy_table import data_classes
from appconnect.console.views import ConsoleMixin, Role
from appconnect.organizations.phone_numbers import to_e164
from appconnect.organizations.retention import (
    RetentionForm,
    get_retention,
    update_retention,
)


class PrivacyMixin(ConsoleMixin):
    role = Role.ADMIN
    needs_crm = False


class PrivacyView(PrivacyMixin, TemplateView):
    """Show it all; a POST changes for how long calls are kept."""

    template_name = "console/privacy.html"

    def get_context_data(self, **kwargs):
        retention = get_retention(self.organization)
        purge = PeriodicJob.objects.filter(name=PURGE).first()
        return super().get_context_data(
            retention=retention,
            data_classes=data_classes(retention),
            next_purge=purge and purge.run_at + PURGE_INTERVAL,
            **{"form": RetentionForm(instance=retention), **kwargs},
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
        messages.success(request, _("Saved. The next daily purge goes by it."))
        return redirect("console:privacy")


class NumberView(PrivacyMixin, View):
    """Something that is done about the calls of the number that is posted."""

    needs_recent_sign_in = True
    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        typed = request.POST.get("phone_number", "")[:100]
        number = to_e164(typed, region=self.organization.region)
        if number is None:
            said = _("That is no complete phone number, and nothing was done.")
            messages.error(request, said)
            return redirect("console:privacy")
        return self.act(number)

    def act(self, number: str) -> HttpResponse:
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
    def act(self, number: str) -> HttpResponse:
        try:
            erasure = erase_number(
                self.organization, number, actor=self.actor, now=timezone.now()
            )
        except OnHold:
            said = _("A legal hold keeps everything: nothing was erased.")
            messages.error(self.request, said)
        else:
            self.tell(erasure)
        return redirect("console:privacy")

    def tell(self, erasure: Erasure) -> None:
        count = erasure.erased
        said = ngettext(
            "The number was erased from %(count)d call. The CRM's records stay.",
            "The number was erased from %(count)d calls. The CRM's records stay.",
            count,
        )
        messages.success(self.request, said % {"count": count})
        if waiting := erasure.still_being_logged:
            said = _(
                "Still being logged, and not erased: calls of %(times)s. Erase the "
                "number again when they have ended."
            )
            times = ", ".join(
                f"{timezone.localtime(event.started_at):%d %b %Y %H:%M %Z}"
                for event in waiting[:MOST_NAMED]
            )
            messages.warning(self.request, said % {"times": times})


MOST_NAMED = 10
"""So many calls that are still being logged are named."""
