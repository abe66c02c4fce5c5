"""PUT /callDisposition."""

from rest_framework.response import Response

from appconnect.api.exceptions import return_message
from appconnect.api.posted import extension_of, find_call_log, text_of
from appconnect.api.views import ClientView


class CallDispositionView(ClientView):
    """No connector takes dispositions; `/implementedInterfaces` says so too."""

    def put(self, request):
        body = request.data if isinstance(request.data, dict) else {}
        extension_id = extension_of(request.user, body)
        session_id = text_of(body, "sessionId")
        if find_call_log(request.user, session_id, extension_id) is None:
            said = return_message("Cannot find log", message_type="warning", ttl=3000)
        else:
            said = return_message("Not supported", message_type="warning", ttl=2000)
        return Response({"successful": False, "returnMessage": said})
