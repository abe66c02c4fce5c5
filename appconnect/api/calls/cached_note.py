"""POST /callLog/cacheNote."""

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework.exceptions import ParseError
from rest_framework.response import Response
from rest_framework.serializers import BooleanField, CharField

from appconnect.api.base.answers import example
from appconnect.api.base.fields import RequestSerializer, SessionIdField, TextField
from appconnect.api.base.views import ClientView
from appconnect.calls.models import CachedNote

MAX_NOTE_BYTES = 64 * 1024


@example(sessionId="815201", note="Asked for an offer.")
class AgentNote(RequestSerializer):
    sessionId = SessionIdField(required=True)
    note = TextField()


class CachedNoteView(ClientView):
    """The note that an agent types during a call is put into the record of their call."""

    @extend_schema(
        request=AgentNote,
        responses=inline_serializer(
            "NoteCached", {"successful": BooleanField(), "returnMessage": CharField()}
        ),
    )
    def post(self, request):
        """Keep an agent's note for a call."""
        note = AgentNote.read(request.data)
        if len(note["note"].encode()) > MAX_NOTE_BYTES:
            raise ParseError("note is longer than 64 kB. Shorten it and save it again.")
        with transaction.atomic():
            CachedNote.keep(
                request.user.organization,
                request.user.extension_id,
                note["sessionId"],
                note["note"],
                now=timezone.now(),
            )
        return Response({"successful": True, "returnMessage": "Note cache saved"})
