"""GET and POST /admin/serverLoggingSettings."""

from django.utils import timezone
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.serializers import CharField

from appconnect.api.base import answers, exceptions
from appconnect.api.base.answers import Answer, Error, example, plain_text
from appconnect.api.base.exceptions import AUTHORIZE, PlainText, Refusal, return_message
from appconnect.api.base.fields import ObjectField, RequestSerializer
from appconnect.api.base.permissions import IsRingCentralAdmin
from appconnect.api.base.views import ClientView
from appconnect.calls.client.bulkhead import bulkhead
from appconnect.organizations.connections.connectors import NoCredentials, get_settings
from appconnect.organizations.logging_settings.forms import AdditionalFieldsForm
from appconnect.organizations.logging_settings.server_logging import (
    NewSettings,
    additional_fields,
    get_server_logging_settings,
    update_server_logging_settings,
)
from appconnect.organizations.security.audit import actor_of
from appconnect.ringcentral.errors import Unavailable
from appconnect.worker import queue
from connector.errors import ConnectorError

FAILED = "Server logging settings update failed"


@example(additionalFieldValues={"apiUsername": "service", "apiPassword": "sandbox"})
class FieldValuesToSave(RequestSerializer):
    additionalFieldValues = ObjectField(
        child=CharField(allow_null=True),
        help_text="One for each field of the manifest.",
    )


class ServerLoggingSettingsView(ClientView):
    """The additional fields of the manifest, such as the service account's password.

    A stored secret is shown as a mask; the mask sent back leaves it as it is.
    """

    permission_classes = [IsRingCentralAdmin]

    def get_exception_handler(self):
        if self.request.method == "POST":
            return answer_not_saved
        return super().get_exception_handler()

    @extend_schema(responses=dict[str, str])
    def get(self, request):
        """Read the server logging settings."""
        return Response(get_server_logging_settings(request.user.organization))

    @extend_schema(
        request=FieldValuesToSave,
        responses={
            200: Answer,
            400: PolymorphicProxySerializer("AnswerOrError", [Answer, Error], None),
            503: PolymorphicProxySerializer(
                "AnswerOrUnavailable", [Answer, answers.Unavailable], None
            ),
            **plain_text("Missing additionalFieldValues", AUTHORIZE),
        },
    )
    @bulkhead()
    def post(self, request):
        """Test and save the server logging settings."""
        values = FieldValuesToSave.read(request.data)["additionalFieldValues"]
        if values is None:
            raise PlainText("Missing additionalFieldValues")
        session = request.user
        organization = session.organization
        form = AdditionalFieldsForm.from_wire(
            values,
            additional_fields=additional_fields(organization),
            stored=get_settings(organization).additional_field_values or {},
        )
        if not form.clears and not form.is_valid():
            raise Refusal(faults_of(form))
        try:
            update_server_logging_settings(
                organization,
                NewSettings(additional_field_values={} if form.clears else form.values),
                admin_extension_id=session.extension_id,
                actor=actor_of(request, str(session)),
                now=timezone.now(),
            )
        except (ConnectorError, NoCredentials) as error:
            message = getattr(error, "full_message", str(error))
            raise Refusal(f"{FAILED}. {message}") from error
        queue.configuration_changed(organization)
        action = "cleared" if form.clears else "updated"
        message = return_message(
            f"Server logging settings {action}", message_type="success"
        )
        return Response({"successful": True, "returnMessage": message})


def answer_not_saved(error: Exception, context: dict):
    """Answer an unforeseen failure with both members, which the client always reads."""
    response = exceptions.exception_handler(error, context)
    data = getattr(response, "data", {})
    text = data.get("detail") or data.get("error")
    is_failure = response.status_code == 400 and not isinstance(error, APIException)
    is_failure |= isinstance(error, Unavailable)
    if text and is_failure:
        message = return_message(FAILED, message_type="warning", details=text)
        response.data = {"successful": False, "returnMessage": message}
    return response


def faults_of(form: AdditionalFieldsForm) -> str:
    """Return every fault of the form in one line, each with its field's title."""
    return " ".join(
        f"{form.fields[name].label}: {fault}" if name in form.fields else str(fault)
        for name, faults in form.errors.items()
        for fault in faults
    )
