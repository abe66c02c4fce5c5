"""How long a record's text may be, by what a document does with it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from connector.declarative.documents.document import Document
from connector.declarative.expressions.template import (
    CONDITION_MEMBER,
    Expression,
    expressions_in,
    texts_in,
)

TEXT = ("composedLogDetails",)


def text_length_of(document: Document) -> int | None:
    """Return ``maxTextLength``, or less where every use of the text is cut to less.

    A text that fits is never cut by the document, and keeps the line that closes the
    framework's part of it.
    """
    lengths = [length_of(expression) for expression in uses_of_text(document)]
    declared = document.raw.get("maxTextLength", math.inf)
    length = min(declared, max(lengths, default=math.inf))
    return None if length == math.inf else int(length)


def uses_of_text(document: Document) -> Iterator[Expression]:
    """Yield the expressions that write the text into a request."""
    for name in ("createCallLog", "updateCallLog"):
        operation = document.operations.get(name)
        for request in operation.requests if operation else ():
            for at, text in texts_in([request.url, request.query, request.body]):
                if not at.endswith(f".{CONDITION_MEMBER}"):
                    yield from (e for e in expressions_in(text) if e.path == TEXT)


def length_of(expression: Expression) -> float:
    """Return the length to which an expression cuts the text; infinite where to none."""
    lengths = [
        int(arguments[0].constant)
        for name, arguments in expression.filters
        if name == "cut" and arguments[0].constant.isdecimal()
    ]
    return min(lengths, default=math.inf)
