"""POST /callLog/cacheNote."""

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.response import Response

from appconnect.api.base.views import ClientView
from appconnect.api.calls.posted import LONGEST, NO_SESSION, text_of
from appconnect.api.docs.schema import FLAG, ID, JSON, TEXT, said, shape
from appconnect.calls.models import CachedNote

NOTE = shape(
    {"sessionId": ID, "note": TEXT},
    needs="sessionId",
    example={"sessionId": "815201", "note": "Asked for an offer."},
)
KEPT = shape(
    {"successful": FLAG, "returnMessage": said("Note cache saved")},
    needs="successful returnMessage",
)


class CachedNoteView(ClientView):
    """Keeps what an agent types during a call; the record will say it."""

    @extend_schema(
        summary="Keep an agent's note for a call",
        request={JSON: NOTE},
        responses={200: KEPT},
    )
    def post(self, request):
        body = request.data if isinstance(request.data, dict) else {}
        session_id = text_of(body, "sessionId")
        if session_id in ("", NO_SESSION) or len(session_id) > LONGEST:
            raise ParseError("sessionId is missing.")
        with transaction.atomic():
            CachedNote.keep(
                request.user.organization,
                session_id,
                text_of(body, "note"),
                now=timezone.now(),
            )
        return Response({"successful": True, "returnMessage": "Note cache saved"})
