"""PUT /callDisposition and POST /messageLog, which no connector supports.

`/implementedInterfaces` tells the client so.
"""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.serializers import CharField, DictField

from appconnect.api.base.answers import Answer, example
from appconnect.api.base.exceptions import Refusal, return_message
from appconnect.api.base.fields import (
    IdField,
    ListField,
    ObjectField,
    RequestSerializer,
)
from appconnect.api.base.permissions import HasUserJwt
from appconnect.api.base.views import ClientView
from appconnect.api.calls.client_payload import (
    CallExtension,
    extension_of,
    find_crm_record,
)


@example(sessionId="815201")
class Disposition(CallExtension):
    sessionId = IdField()
    dispositions = ObjectField()


class CallDispositionView(ClientView):
    """No connector takes dispositions."""

    permission_classes = [HasUserJwt]

    @extend_schema(request=Disposition, responses=Answer)
    def put(self, request):
        """Set a call's disposition."""
        session = request.user
        if session is None:
            raise Refusal("Cannot find user", ttl=3000)
        payload = Disposition.read(request.data)
        extension_id = extension_of(session, payload)
        if find_crm_record(session, payload["sessionId"], extension_id) is None:
            raise Refusal("Cannot find log", ttl=3000)
        raise Refusal("Not supported", ttl=2000)


class MessageInfo(RequestSerializer):
    messages = ListField(child=DictField())


@example(logInfo={"messages": []})
class Messages(RequestSerializer):
    logInfo = MessageInfo(required=False)


class NotLogged(Answer):
    logIds = ListField(child=CharField(), required=True)


class MessageLogView(ClientView):
    """No connector logs messages."""

    max_body_bytes = 5 * 1024 * 1024

    @extend_schema(request=Messages, responses=NotLogged)
    def post(self, request):
        """Log messages."""
        if Messages.read(request.data)["logInfo"]["messages"]:
            message = return_message("Not supported", message_type="warning", ttl=2000)
        else:
            message = return_message("No message to log.", message_type="warning")
        return Response({"successful": False, "returnMessage": message, "logIds": []})
