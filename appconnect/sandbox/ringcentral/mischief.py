"""What can go wrong between RingCentral and the webhook."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

PRANKS = (
    "wrongToken",
    "unknownSubscription",
    "notJson",
    "repeatedState",
    "unknownFields",
    "unknownStatus",
    "queryInEvent",
)
"""Deliveries made besides the honest one, and ways to write it."""


@dataclass(frozen=True)
class Delivery:
    """One request to the webhook."""

    uuid: str
    body: bytes
    verification_token: str
    is_honest: bool = True
    """Whether the webhook is expected to accept it."""


class Mischief:
    """How notifications are multiplied, scattered, dropped and falsified. The same in every run."""

    def __init__(self):
        self._random = random.Random(1)  # noqa: S311  the same in every run
        self.duplicates = 0
        """How many times more each notification is delivered."""
        self.scatter_seconds = 0.0
        """How late a notification may be: later ones then overtake it."""
        self.drop_rate = 0.0
        """The share of notifications that are never delivered."""
        self.pranks: tuple[str, ...] = ()
        """Which of `PRANKS` are played with every notification."""

    def deliveries(
        self, notification: dict[str, Any], token: str
    ) -> Iterator[tuple[float, Delivery]]:
        """Yield what is delivered in the place of a notification, each with its delay."""
        if self._random.random() < self.drop_rate:
            return
        written = self._write(notification)
        for _ in range(1 + self.duplicates):
            yield self._late(), make_delivery(written, token)
        is_of_session = "parties" in notification["body"]
        for prank in self.pranks if is_of_session else ():
            for delivery in falsify(prank, notification, token):
                yield self._late(), delivery

    def _write(self, notification: dict[str, Any]) -> dict[str, Any]:
        if "queryInEvent" in self.pranks:
            event = f"{notification['event']}?statusCode=Disconnected"
            notification = {**notification, "event": event}
        if "unknownFields" in self.pranks:
            body = {**notification["body"], "newcomer": {"a": [1, None]}}
            notification = {**notification, "newcomer": True, "body": body}
        return notification

    def _late(self) -> float:
        return self._random.uniform(0, self.scatter_seconds)


def make_delivery(
    notification: dict[str, Any], token: str, *, is_honest: bool = True
) -> Delivery:
    body = json.dumps(notification).encode()
    return Delivery(notification["uuid"], body, token, is_honest)


def falsify(prank: str, notification: dict[str, Any], token: str) -> Iterator[Delivery]:
    """Yield what a prank adds to an honest delivery."""
    match prank:
        case "wrongToken":
            yield make_delivery(notification, "wrong", is_honest=False)
        case "unknownSubscription":
            other = {**notification, "subscriptionId": "nobody's"}
            yield make_delivery(other, token, is_honest=False)
        case "notJson":
            yield Delivery(notification["uuid"], b"{not json", token, is_honest=False)
        case "repeatedState":
            yield make_delivery({**notification, "uuid": "4711"}, token)
        case "unknownStatus":
            yield make_delivery(with_unknown_status(notification), token)


def with_unknown_status(notification: dict[str, Any]) -> dict[str, Any]:
    """Return an older word of the same party that nobody has heard of."""
    body = notification["body"]
    party = {**body["parties"][0], "status": {"code": "Musing", "reason": "Moonshine"}}
    body = {**body, "sequence": body["sequence"] - 1, "parties": [party]}
    return {**notification, "uuid": "4712", "body": body}
