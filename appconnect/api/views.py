"""What the endpoints of App Connect's client have in common."""

from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser
from rest_framework.views import APIView

from appconnect.api.authentication import REFRESHED_HEADER, refreshed_user_jwt

MAX_BODY_BYTES = 1024 * 1024


class BodyTooLong(APIException):
    status_code = 413
    default_detail = "The request body is too long."


class BodyParser(JSONParser):
    """JSON that may be nested as deep as it likes without crashing anything."""

    def parse(self, stream, media_type=None, parser_context=None):
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError("The request body is nested too deep.") from error


class ClientView(APIView):
    """An endpoint that App Connect's client calls."""

    parser_classes = [BodyParser]
    max_body_bytes = MAX_BODY_BYTES

    def initial(self, request, *args, **kwargs):
        if int(request.META.get("CONTENT_LENGTH") or 0) > self.max_body_bytes:
            raise BodyTooLong
        super().initial(request, *args, **kwargs)

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        session = getattr(request, "user", None)
        claims = getattr(request, "auth", None)
        if claims and session and (token := refreshed_user_jwt(session, claims)):
            response[REFRESHED_HEADER] = token
        return response


def body_member(request, name: str, kind: type):
    """Return a member of the JSON body, or None when it is absent or of another kind."""
    body = request.data if isinstance(request.data, dict) else {}
    value = body.get(name)
    return value if isinstance(value, kind) else None
