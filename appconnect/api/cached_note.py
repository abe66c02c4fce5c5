"""POST /callLog/cacheNote."""

from django.db import transaction
from django.utils import timezone
from rest_framework.exceptions import ParseError
from rest_framework.response import Response

from appconnect.api.posted import LONGEST, NO_SESSION, text_of
from appconnect.api.views import ClientView
from appconnect.calls.models import CachedNote


class CachedNoteView(ClientView):
    """Keeps what an agent types during a call; the record will say it."""

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
