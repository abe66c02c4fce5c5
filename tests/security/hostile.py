"""Somebody else's server that fails, and quotes all that it was asked while it does."""

import re

from tests.support.fakes.server import Answer, FakeCrm, Request

STATUSES = (400, 401, 403, 404, 409, 415, 422, 429, 500, 503, 200)
NUMBER = "+14155550101"
SPELLINGS = (NUMBER, "(415) 555-0101", "415.555.0101", "415 5550101", "4155550101")
KNOWN = re.compile(r"4\W{0,3}1\W{0,3}5\W{0,3}5\W{0,3}5\W{0,3}5\W{0,3}0\W{0,3}1\W{0,3}0")
"""The number, however it is written."""


class EchoServer(FakeCrm):
    """A CRM and a RingCentral in one, whose answers echo the request and more."""

    def __init__(self, *secrets: str):
        super().__init__()
        self.status = 500
        self.said = " ".join((*SPELLINGS, *secrets))

    def answer(self, request: Request) -> Answer:
        echo = f"{self.said} {request.headers} {request.query} {request.body}"
        body = dict.fromkeys(
            (
                *("error", "message", "errorCode", "error_description", "detail"),
                *("id", "name", "token", "access_token", "contacts", "callLogs"),
            ),
            echo,
        )
        return Answer(self.status, body)
