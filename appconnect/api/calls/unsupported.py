"""PUT /callDisposition, POST /messageLog, GET /accountData and /calldown: not supported.

`/implementedInterfaces` tells the client so; other answers are empty in a shape that it
reads.
"""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.serializers import (
    BooleanField,
    CharField,
    DictField,
    Serializer,
)

from appconnect.api.base.answers import Answer, example
from appconnect.api.base.exceptions import Refusal, return_message
from appconnect.api.base.fields import (
    IdField,
    ListField,
    ObjectField,
    RequestSerializer,
    TextField,
)
from appconnect.api.base.permissions import HasUserJwt
from appconnect.api.base.views import ClientView
from appconnect.api.calls.call_extension import extension_of, find_crm_record
from appconnect.api.calls.client_payload import CallExtension


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


MAX_MESSAGES = 100
"""So many the client asks about at a time."""


@example(conversationId="7001", messageIds=["9001"])
class MessagesToMatch(RequestSerializer):
    conversationId = IdField()
    messageIds = ListField(child=CharField())


class MatchedMessage(Serializer):
    messageId = CharField()
    matched = BooleanField()


class MatchedMessages(Serializer):
    successful = BooleanField()
    messageLogs = DictField(child=CharField(), help_text="Message → record: none.")
    logs = MatchedMessage(many=True)


class MessageLogMatchView(ClientView):
    """No connector logs messages."""

    @extend_schema(request=MessagesToMatch, responses=MatchedMessages)
    def post(self, request):
        """Ask which messages of a conversation are logged."""
        ids = MessagesToMatch.read(request.data)["messageIds"] or []
        logs = [
            {"messageId": str(message_id), "matched": False}
            for message_id in ids[:MAX_MESSAGES]
            if TextField.fits(message_id)
        ]
        return Response({"successful": True, "messageLogs": {}, "logs": logs})


class AccountDataQuery(RequestSerializer):
    keys = TextField(help_text="Names of lists, with commas between.")


class AccountData(Serializer):
    successful = BooleanField()
    data = DictField(help_text="Key → list: none.")


class AccountDataView(ClientView):
    """No connector has lists of its account: an admin's form offers no choices of them."""

    @extend_schema(parameters=[AccountDataQuery], responses=AccountData)
    def get(self, request):
        """Read lists of the CRM's account."""
        return Response({"successful": True, "data": {}})


class CallsToMake(Serializer):
    successful = BooleanField()
    items = ListField(child=DictField(), required=True)


@example(contactId="c1", contactName="Iris Ito", phoneNumber="+14155550101")
class CallToMake(RequestSerializer):
    contactId = IdField()
    contactName = TextField()
    phoneNumber = TextField()


class CallDownView(ClientView):
    """This server keeps no list of calls to make."""

    @extend_schema(responses=CallsToMake)
    def get(self, request):
        """List the calls to make."""
        return Response({"successful": True, "items": []})

    @extend_schema(request=CallToMake, responses=Answer)
    def post(self, request):
        """Add a call to make."""
        raise Refusal("This server keeps no list of calls to make. Nothing was saved.")
