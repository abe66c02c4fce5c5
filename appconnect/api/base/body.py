"""How long the body of a request may be, and how it is parsed."""

import json
import re

from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

UNSTORABLE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
"""Escapes that may stand for what is no text; pairs of surrogates are."""
MAX_BODY_BYTES = 1024 * 1024


class BodyTooLong(APIException):
    status_code = 413
    default_detail = "The request body is too long."


class BodyParser(BaseParser):
    """JSON of any shape, but without NUL and lone surrogates, which no database stores.

    To a `JSONParser` Django's own, smaller limit would apply.
    """

    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None):
        try:
            body = stream.read().decode()
            data = json.loads(body)
            if UNSTORABLE.search(body):
                json.dumps(data, ensure_ascii=False).encode()
                if "\\u0000" in body:
                    raise ValueError("NUL")
        except RecursionError as error:
            raise ParseError("The request body is nested too deep.") from error
        except ValueError as error:
            raise ParseError("The request body is not JSON in UTF-8.") from error
        return data


def check_length(request, *, limit: int) -> None:
    """Raise `BodyTooLong` for a body of more than `limit` bytes, before it is read."""
    if length_of(request) > limit:
        raise BodyTooLong


def length_of(request) -> int:
    """Return how many bytes the body has, as the request says."""
    return int(request.META.get("CONTENT_LENGTH") or 0)
