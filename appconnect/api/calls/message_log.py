"""POST /messageLog."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from appconnect.api.base.exceptions import return_message
from appconnect.api.base.views import ClientView, body_member
from appconnect.api.docs.schema import (
    ANSWER_MEMBERS,
    ANYTHING,
    JSON,
    TEXT,
    list_of,
    shape,
)

MESSAGES = shape(
    {"logInfo": shape({"messages": list_of(ANYTHING)})},
    needs="logInfo",
    example={"logInfo": {"messages": []}},
)
NOT_LOGGED = shape(
    {**ANSWER_MEMBERS, "logIds": list_of(TEXT)}, needs="successful returnMessage logIds"
)


class MessageLogView(ClientView):
    """No connector logs messages; `/implementedInterfaces` says so too."""

    max_body_bytes = 5 * 1024 * 1024

    @extend_schema(
        summary="Log messages", request={JSON: MESSAGES}, responses={200: NOT_LOGGED}
    )
    def post(self, request):
        log_info = body_member(request, "logInfo", dict) or {}
        if log_info.get("messages"):
            said = return_message("Not supported", message_type="warning", ttl=2000)
        else:
            said = return_message("No message to log.", message_type="warning")
        return Response({"successful": False, "returnMessage": said, "logIds": []})
