"""Looking for the calls with a number."""

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

from appconnect.console.calls import CallsView
from appconnect.console.redrive import calls_address
from appconnect.console.views import Role


class FindNumberView(CallsView):
    """Narrow the page down to a number, which itself appears in no address."""

    post_role = Role.VIEWER

    @property
    def asked(self) -> QueryDict:
        return self.request.POST

    def get(self, request: HttpRequest) -> HttpResponse:
        return redirect("console:calls")

    def post(self, request: HttpRequest) -> HttpResponse:
        number_form = self.make_number_form(request.POST)
        if not number_form.is_valid():
            context = self.get_context_data(number_form=number_form)
            return self.render_to_response(context)
        number = number_form.cleaned_data["phone_number"]
        form = self.make_form()
        return redirect(
            calls_address(form.query(number=self.organization.number_hash(number)))
        )
