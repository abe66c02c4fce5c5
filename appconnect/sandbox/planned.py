"""Replies planned ahead by the control API: errors, rate limits, lost and cut answers."""

import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import Any


@dataclass
class PlannedReply:
    """What the next `times` requests whose path contains `path` are answered."""

    path: str
    method: str = ""
    """The requests' method; empty: any."""
    status: int = 503
    code: str = "CMN-203"
    retry_after: str = ""
    times: int = 1
    is_lost: bool = False
    """The request is carried out, and its reply replaced."""
    is_cut: bool = False
    """The request is carried out, and half of its reply sent."""
    slow_seconds: float = 0.0
    """The request is carried out, and its reply drips for so long."""
    late_seconds: float = 0.0
    """The request is carried out that long after its reply, which is an error."""
    location: str = ""
    """Where the reply redirects to."""

    @property
    def penalty(self) -> timedelta:
        """How long a rate limit lasts: as long as it says, or a minute."""
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
    """All that are planned; the first that fits is taken."""

    def __init__(self):
        self._lock = threading.Lock()
        self._planned: list[PlannedReply] = []

    def add(self, reply: PlannedReply) -> None:
        with self._lock:
            self._planned.append(reply)

    def take(self, path: str, method: str | None) -> PlannedReply | None:
        with self._lock:
            for reply in self._planned:
                is_meant = reply.path in path and reply.method in ("", method)
                if reply.times > 0 and is_meant:
                    reply.times -= 1
                    return reply
        return None
