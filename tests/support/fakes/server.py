"""A CRM's stand-in: a real HTTP server on loopback, with a clock that tests advance."""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse


@dataclass
class Request:
    """One request as it arrived; `body` is the text, `json` and `form` what it says."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body))


@dataclass
class Answer(Exception):
    """A reply; raised, it ends the handling of the request at once."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def content_type(self) -> str:
        kind = "text/html" if isinstance(self.body, str) else "application/json"
        return self.headers.get("Content-Type", f"{kind}; charset=utf-8")

    @property
    def content(self) -> bytes:
        is_text = isinstance(self.body, str)
        return (self.body if is_text else json.dumps(self.body)).encode()


class Judge(Protocol):
    """What its maker says about a part of an API."""

    def find(self, request: Request) -> object | None:
        """Return what is said about this request; None where that is nothing."""

    def faults(self, request: Request, answer: Answer | None) -> list[str]:
        """Return what is wrong with the request, and with the answer if there is one."""


class FakeCrm:
    """Serves `answer` while in a ``with`` block; one request is handled at a time."""

    hostname = ""
    """What an admin enters as the CRM's address; empty: nothing, as its host is fixed."""
    settings: Mapping[str, str] = {}
    """What an admin enters so that the CRM accepts it."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        """Seconds since 1970."""
        self.requests: list[Request] = []
        self.next_answers: dict[str, list[Answer]] = {}
        """Part of a path → what the next requests to it are answered."""
        self.judges: Sequence[Judge] = ()
        self.faults: list[str] = []
        """What the judges found wrong, in requests and in replies of this stand-in."""
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def advance(self, seconds: float) -> None:
        self.now += seconds

    def requests_to(self, path: str) -> list[Request]:
        """Return the requests whose path has `path` in it."""
        return [request for request in self.requests if path in request.path]

    def answer(self, request: Request) -> Answer:
        raise NotImplementedError

    def handle(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            for path, answers in self.next_answers.items():
                if path in request.path and answers:
                    self._judge(request, None)  # a test may make up any answer
                    return answers.pop(0)
            try:
                answer = self.answer(request)
            except Answer as raised:
                answer = raised
            self._judge(request, answer)
            return answer

    def _judge(self, request: Request, answer: Answer | None) -> None:
        if not self.judges:
            return
        judge = next((judge for judge in self.judges if judge.find(request)), None)
        where = f"{request.method} {request.path}"
        faults = judge.faults(request, answer) if judge else ["is not described"]
        self.faults += [f"{where}: {fault}" for fault in faults]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        crm = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one packet a reply: two would wait for each other

            def answer_it(self) -> None:
                url = urlsplit(self.path)
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length).decode()
                query = dict(parse_qsl(url.query))
                headers = {name.lower(): v for name, v in self.headers.items()}
                answer = crm.handle(
                    Request(self.command, url.path, query, headers, body)
                )
                content = answer.content
                self.send_response(answer.status)
                headers = {"Content-Type": answer.content_type, **answer.headers}
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer_it

            def log_message(self, *args: object) -> None:
                pass

        return Handler


class StandInAdapter(BaseAdapter):
    """Hands a session's requests to a stand-in in this process, whatever their host is.

    For a CRM whose host is fixed: no other may be reached.
    """

    def __init__(self, crm: FakeCrm) -> None:
        super().__init__()
        self.crm = crm

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        url = urlsplit(request.url)
        headers = {"host": url.netloc, **request.headers}
        body = request.body or ""
        answer = self.crm.handle(
            Request(
                request.method,
                url.path,
                dict(parse_qsl(url.query)),
                {name.lower(): value for name, value in headers.items()},
                body if isinstance(body, str) else body.decode(),
            )
        )
        response = requests.Response()
        response.status_code = answer.status
        response.headers.update({"Content-Type": answer.content_type, **answer.headers})
        response.request, response.url = request, request.url
        response.raw = HTTPResponse(
            body=BytesIO(answer.content),
            headers=response.headers,
            preload_content=False,
        )
        return response

    def close(self) -> None:
        """Do nothing: there is no connection to close."""
