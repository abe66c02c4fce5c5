"""Reads what Django leaves of a request's body, and bodies whose length nobody says."""

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

MAX_BYTES = 1024 * 1024
"""Of a body without a length."""
MAX_UNUSED_BYTES = 50 * 1024 * 1024
"""That are read for nobody: as many as any body may have."""
CHUNK_BYTES = 64 * 1024
NEEDS_LENGTH = (
    b"A request body of more than 1 MB needs a Content-Length. Nothing was saved. "
    b"Send the request again with one."
)

Environ = dict[str, Any]
Answer = Iterable[bytes]
Application = Callable[[Environ, Callable[..., Any]], Answer]


class WholeBody:
    """The application, with every request's body read before its answer begins.

    Otherwise the web server breaks the connection after the answer, and a proxy that has
    kept it answers 502 to the next person whose request it sends there.

    Django takes a body without a `Content-Length` (in chunks, or of HTTP/2) for an empty
    one. Such a body gets its length here; one of more than `MAX_BYTES` is answered 411.
    """

    def __init__(self, application: Application):
        self.application = application

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Answer:
        body = environ["wsgi.input"]

        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            if not is_read_to_end(body):
                headers = [*headers, ("Connection", "close")]
            return start_response(status, headers, *exc_info)

        if "CONTENT_LENGTH" not in environ:
            content = body.read(MAX_BYTES + 1)
            if len(content) > MAX_BYTES:
                start("411 Length Required", [("Content-Type", "text/plain")])
                return [NEEDS_LENGTH]
            if content:
                environ["CONTENT_LENGTH"] = str(len(content))
                environ["wsgi.input"] = BytesIO(content)
        return self.application(environ, start)


def is_read_to_end(body: Any) -> bool:
    """Read `MAX_UNUSED_BYTES` of what is left of a body; return whether that was all."""
    for _ in range(MAX_UNUSED_BYTES // CHUNK_BYTES):
        if len(body.read(CHUNK_BYTES)) < CHUNK_BYTES:
            return True
    return not body.read(1)
