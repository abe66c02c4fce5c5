"""An HTTP server on loopback that answers each path in a bad way of its own."""

import gzip
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import repeat
from urllib.parse import parse_qsl, urlsplit

MEGABYTE = 1024 * 1024


@cache
def bomb() -> bytes:
    """Return a small gzip file of 200 megabytes."""
    return gzip.compress(b'"' + b"x" * 200 * MEGABYTE + b'"', 9)


class MisbehavingServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.paths: list[str] = []
        """The requested paths."""
        self.has_ended = False
        """Whether it was the server that ended a reply of `Handler.drip`."""
        self.sent_bytes = 0
        """How much of the body of /100-megabytes or /endless was sent."""
        self.was_cut_off = threading.Event()
        """Whether the client shut the connection while that was sent."""

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"


@contextmanager
def running_server() -> Iterator[MisbehavingServer]:
    with MisbehavingServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Handler(BaseHTTPRequestHandler):
    server: MisbehavingServer

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        self.server.paths.append(url.path)
        match url.path:
            case "/slow-headers":
                self.drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 200)
            case "/silent":
                self.drip(b"")
            case "/stalled":
                self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n{")
                self.drip(b"")
            case "/drip":
                self.reply()
                self.drip(b" " * 200)
            case "/endless":
                self.reply()
                self.pour(repeat(b" " * 1024))
            case "/100-megabytes":
                self.reply()
                self.pour(repeat(b" " * MEGABYTE, 100))
            case "/3-megabytes":
                self.reply(b'"' + b"x" * 3 * MEGABYTE + b'"')
            case "/bomb":
                self.reply(bomb(), Content_Encoding="gzip")
            case "/cut":
                self.reply(b'"x"', Content_Length="1000")
            case "/moved":
                self.reply(b"body", status=302, Location="/elsewhere")
                self.drip(b"")
            case "/fault":
                self.reply(b'{"code": 7}', status=422)
            case "/redirect":
                self.reply(status=302, Location="/elsewhere")
            case "/busy":  # ?status=429&Retry-After=7
                headers = dict(parse_qsl(url.query))
                self.reply(b"{}", status=int(headers.pop("status")), **headers)
            case _:
                self.reply(b'"x"')

    def reply(self, body: bytes = b"", *, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def drip(self, content: bytes) -> None:
        """Send byte by byte, then keep the connection, for five seconds or to its end."""
        for byte in content:
            try:
                self.wfile.write(bytes([byte]))
            except OSError:
                return
            time.sleep(0.02)
        self.connection.settimeout(5)
        try:
            self.server.has_ended = self.connection.recv(1) != b""
        except TimeoutError:
            self.server.has_ended = True
        except OSError:
            return

    def pour(self, chunks: Iterator[bytes]) -> None:
        """Send as fast as the client reads."""
        try:
            for chunk in chunks:
                self.wfile.write(chunk)
                self.server.sent_bytes += len(chunk)
        except OSError:
            self.server.was_cut_off.set()

    do_POST = do_GET

    def log_message(self, *args: object) -> None:
        pass
