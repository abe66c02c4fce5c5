"""POST /do-not-log-numbers."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.serializers import CharField, ListField, Serializer

from appconnect.api.base.answers import example
from appconnect.api.base.fields import RequestSerializer, StrictTextField
from appconnect.api.service.service_token import IsStillAdmin, ServiceView
from appconnect.organizations.logging_settings.do_not_log import (
    get_do_not_log_numbers,
    read_entries,
    replace_do_not_log_numbers,
)
from appconnect.worker import queue


@example(doNotLogNumbers="+14155550101,108")
class DoNotLogNumbers(RequestSerializer):
    doNotLogNumbers = StrictTextField(
        required=True,
        allow_blank=True,
        help_text="E.164 or extensions, with commas between.",
    )


class StoredNumbers(Serializer):
    doNotLogNumbers = CharField()
    notUnderstood = ListField(child=CharField())


class DoNotLogNumbersView(ServiceView):
    """Stores the numbers of the list, and returns the entries that are none."""

    permission_classes = [IsStillAdmin]

    @extend_schema(request=DoNotLogNumbers, responses=StoredNumbers)
    def post(self, request):
        """Replace the numbers that are never logged."""
        caller = request.user
        organization = caller.organization
        numbers = DoNotLogNumbers.read(request.data)["doNotLogNumbers"]
        # The client tells its admin of no entry that was refused: an extension of
        # tomorrow is protected from its first call.
        entries = read_entries(numbers, organization, any_extension=True)
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
