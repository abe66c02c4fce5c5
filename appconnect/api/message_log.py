"""POST /messageLog."""

from rest_framework.response import Response

from appconnect.api.exceptions import return_message
from appconnect.api.views import ClientView, body_member


class MessageLogView(ClientView):
    """No connector logs messages; `/implementedInterfaces` says so too."""

    max_body_bytes = 5 * 1024 * 1024

    def post(self, request):
        log_info = body_member(request, "logInfo", dict) or {}
        if log_info.get("messages"):
            said = return_message("Not supported", message_type="warning", ttl=2000)
        else:
            said = return_message("No message to log.", message_type="warning")
        return Response({"successful": False, "returnMessage": said, "logIds": []})
