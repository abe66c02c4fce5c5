"""Faults on the way from RingCentral to the webhook."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

ALTERATIONS = (
    "wrongToken",
    "unknownSubscription",
    "notJson",
    "repeatedState",
    "unknownFields",
    "unknownStatus",
    "queryInEvent",
)
"""Additional deliveries, and changes to the genuine one. The control API: ``pranks``."""


@dataclass(frozen=True)
class Delivery:
    """One request to the webhook."""

    uuid: str
    body: bytes
    verification_token: str
    is_genuine: bool = True
    """Whether the webhook should accept it."""


class DeliveryFaults:
    """How notifications are repeated, delayed, dropped and altered. The same in every run."""

    def __init__(self):
        self._random = random.Random(1)  # noqa: S311  the same in every run
        self.duplicates = 0
        """How many more times each notification is delivered."""
        self.scatter_seconds = 0.0
        """The maximum delay of a notification; later ones may overtake it."""
        self.drop_rate = 0.0
        """The share of notifications that are never delivered."""
        self.alterations: tuple[str, ...] = ()
        """Those of `ALTERATIONS` that apply to every notification."""

    def deliveries(
        self, notification: dict[str, Any], token: str
    ) -> Iterator[tuple[float, Delivery]]:
        """Yield the deliveries of a notification, each with its delay in seconds."""
        if self._random.random() < self.drop_rate:
            return
        altered = self._alter(notification)
        for _ in range(1 + self.duplicates):
            yield self._delay(), make_delivery(altered, token)
        is_of_session = "parties" in notification["body"]
        for alteration in self.alterations if is_of_session else ():
            for delivery in additional_deliveries(alteration, notification, token):
                yield self._delay(), delivery

    def _alter(self, notification: dict[str, Any]) -> dict[str, Any]:
        if "queryInEvent" in self.alterations:
            event = f"{notification['event']}?statusCode=Disconnected"
            notification = {**notification, "event": event}
        if "unknownFields" in self.alterations:
            body = {**notification["body"], "newField": {"a": [1, None]}}
            notification = {**notification, "newField": True, "body": body}
        return notification

    def _delay(self) -> float:
        return self._random.uniform(0, self.scatter_seconds)


def make_delivery(
    notification: dict[str, Any], token: str, *, is_genuine: bool = True
) -> Delivery:
    body = json.dumps(notification).encode()
    return Delivery(notification["uuid"], body, token, is_genuine)


def additional_deliveries(
    alteration: str, notification: dict[str, Any], token: str
) -> Iterator[Delivery]:
    """Yield the deliveries that an alteration adds to the genuine one."""
    match alteration:
        case "wrongToken":
            yield make_delivery(notification, "wrong", is_genuine=False)
        case "unknownSubscription":
            other = {**notification, "subscriptionId": "unknown"}
            yield make_delivery(other, token, is_genuine=False)
        case "notJson":
            yield Delivery(notification["uuid"], b"{not json", token, is_genuine=False)
        case "repeatedState":
            yield make_delivery({**notification, "uuid": "4711"}, token)
        case "unknownStatus":
            yield make_delivery(with_unknown_status(notification), token)


def with_unknown_status(notification: dict[str, Any]) -> dict[str, Any]:
    """Return an older state of the same party, with an undocumented status."""
    body = notification["body"]
    party = {**body["parties"][0], "status": {"code": "NewCode", "reason": "NewReason"}}
    body = {**body, "sequence": body["sequence"] - 1, "parties": [party]}
    return {**notification, "uuid": "4712", "body": body}
