"""PUT /callDisposition."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from appconnect.api.base.exceptions import Refusal, return_message
from appconnect.api.base.permissions import HasUserJwt
from appconnect.api.base.views import ClientView
from appconnect.api.calls.posted import extension_of, find_crm_record, text_of
from appconnect.api.docs.schema import ANYTHING, ID, JSON, ref, shape

DISPOSITION = shape(
    {"sessionId": ID, "dispositions": ANYTHING}, example={"sessionId": "815201"}
)


class CallDispositionView(ClientView):
    """No connector takes dispositions; `/implementedInterfaces` says so too."""

    permission_classes = [HasUserJwt]

    @extend_schema(
        summary="Set a call's disposition",
        request={JSON: DISPOSITION},
        responses={200: ref("Answer")},
    )
    def put(self, request):
        if request.user is None:
            raise Refusal("Cannot find user", ttl=3000)
        body = request.data if isinstance(request.data, dict) else {}
        extension_id = extension_of(request.user, body)
        session_id = text_of(body, "sessionId")
        if find_crm_record(request.user, session_id, extension_id) is None:
            said = return_message("Cannot find log", message_type="warning", ttl=3000)
        else:
            said = return_message("Not supported", message_type="warning", ttl=2000)
        return Response({"successful": False, "returnMessage": said})
