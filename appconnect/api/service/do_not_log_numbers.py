"""POST /do-not-log-numbers."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from appconnect.api.base.views import body_member
from appconnect.api.docs.schema import JSON, TEXT, about, list_of, shape
from appconnect.api.service.service_token import IsStillAdmin, NotDone, ServiceView
from appconnect.organizations.logging_settings.do_not_log import (
    get_do_not_log_numbers,
    read_entries,
    replace_do_not_log_numbers,
)
from appconnect.worker import queue

NUMBERS = shape(
    {"doNotLogNumbers": about("E.164 or extensions, with commas between.", TEXT)},
    needs="doNotLogNumbers",
    example={"doNotLogNumbers": "+14155550101,108"},
)
STORED = shape(
    {"doNotLogNumbers": TEXT, "notUnderstood": list_of(TEXT)},
    needs="doNotLogNumbers notUnderstood",
)


class DoNotLogNumbersView(ServiceView):
    """Stores what is understood of the list, and says what is not."""

    permission_classes = [IsStillAdmin]

    @extend_schema(
        summary="Replace the numbers that are never logged",
        request={JSON: NUMBERS},
        responses={200: STORED},
    )
    def post(self, request):
        caller = request.user
        organization = caller.organization
        posted = body_member(request, "doNotLogNumbers", str)
        if posted is None:
            raise NotDone("doNotLogNumbers is missing.")
        # The client tells its admin of no entry that was refused: an extension of
        # tomorrow is protected from its first call.
        entries = read_entries(posted, organization, any_extension=True)
        replace_do_not_log_numbers(
            organization,
            [entry.number for entry in entries if entry.number],
            actor=caller.as_actor(request),
            now=timezone.now(),
        )
        queue.configuration_changed(organization)
        return Response(
            {
                "doNotLogNumbers": ",".join(get_do_not_log_numbers(organization)),
                "notUnderstood": [entry.typed for entry in entries if entry.fault],
            }
        )
