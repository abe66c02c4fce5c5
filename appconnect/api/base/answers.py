"""The answers that several endpoints share, as the description of the API shows them."""

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    IntegerField,
    Serializer,
)

HTML = "text/html"


def plain_text(*texts: str, status: int = 400) -> dict[tuple[int, str], dict]:
    """Return the description of an answer that is a bare text, such as one of `texts`."""
    return {(status, HTML): {"type": "string", "examples": list(texts)}}


def example(**members: object):
    """Give a serializer an example of its data."""
    return extend_schema_serializer(examples=[OpenApiExample("Example", value=members)])


class DetailItem(Serializer):
    id = CharField()
    type = CharField()
    text = CharField()


class Detail(Serializer):
    title = CharField()
    items = DetailItem(many=True)


class ReturnMessage(Serializer):
    """What the client shows its person."""

    message = CharField()
    messageType = ChoiceField(["success", "info", "warning", "danger", "error"])
    ttl = IntegerField(help_text="How long it is shown, in milliseconds.")
    details = Detail(many=True, required=False)


class Answer(Serializer):
    successful = BooleanField()
    returnMessage = ReturnMessage()


class Error(Serializer):
    error = CharField()


class ServiceMessage(Serializer):
    message = CharField()


class ServiceError(Serializer):
    result = ServiceMessage()


class Unavailable(Serializer):
    """The database or RingCentral does not answer. `Retry-After` says when to try again."""

    error = ChoiceField(["Service unavailable"])
    detail = CharField()


class SessionRevoked(Answer):
    """The CRM's sign-in has ended: the client drops its own and asks for a new one."""

    errorCode = ChoiceField(["CRM_SESSION_REVOKED"])
    isRevokeUserSession = BooleanField(required=False)


class SignedIn(Serializer):
    jwtToken = CharField(required=False, help_text="The userJwt, for two weeks.")
    name = CharField(required=False)
    returnMessage = ReturnMessage()


REVOKED = {401: SessionRevoked}
