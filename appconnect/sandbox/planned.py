"""Replies that the control API plans ahead: errors, rate limits, lost and cut replies."""

import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import Any


@dataclass
class PlannedReply:
    """The reply to the next `times` requests with `path` in their path."""

    path: str
    method: str = ""
    """The request's method; empty matches any."""
    status: int = 503
    code: str = "CMN-203"
    retry_after: str = ""
    times: int = 1
    is_lost: bool = False
    """Carry out the request, then replace its reply by the error."""
    is_cut: bool = False
    """Carry out the request, then send half of its reply and disconnect."""
    slow_seconds: float = 0.0
    """Carry out the request, then take this long to send its reply byte by byte."""
    late_seconds: float = 0.0
    """Reply with the error, and carry out the request this much later."""
    location: str = ""
    """The address that the reply redirects to."""

    @property
    def penalty(self) -> timedelta:
        """How long a rate limit lasts: its `retry_after`, or a minute."""
        return timedelta(seconds=int(self.retry_after or 60))

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> "PlannedReply":
        return cls(
            path=str(body.get("path", "")),
            method=str(body.get("method", "")),
            status=int(body.get("status", 503)),
            code=str(body.get("code", "CMN-203")),
            retry_after=str(body.get("retryAfter", "")),
            times=int(body.get("times", 1)),
            is_lost=bool(body.get("lost")),
            is_cut=bool(body.get("cut")),
            slow_seconds=float(body.get("slowSeconds", 0)),
            late_seconds=float(body.get("lateSeconds", 0)),
            location=str(body.get("location", "")),
        )


class PlannedReplies:
    """The planned replies; a request takes the first that matches."""

    def __init__(self):
        self._lock = threading.Lock()
        self._planned: list[PlannedReply] = []

    def add(self, reply: PlannedReply) -> None:
        with self._lock:
            self._planned.append(reply)

    def take(self, path: str, method: str | None) -> PlannedReply | None:
        with self._lock:
            for reply in self._planned:
                is_match = reply.path in path and reply.method in ("", method)
                if reply.times > 0 and is_match:
                    reply.times -= 1
                    return reply
        return None
