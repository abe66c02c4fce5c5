"""Webhook subscriptions of the sandbox: the handshake, and the deliveries."""

import logging
import random
import re
import uuid
from collections import deque
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import requests

from appconnect.sandbox import seed
from appconnect.sandbox.clock import Clock

USER_AGENT = "RingCentral-Webhook/8.3"
TIMEOUT_SECONDS = 3
MAX_ANSWER_BYTES = 1024
MOST_PER_PERSON = 30
DEFAULT_LIFETIME_SECONDS = 604800
FILTER = re.compile(
    r"/restapi/v1\.0/account/(~|\d+)(/extension/(~|\d+))?/telephony/sessions"
)

logger = logging.getLogger(__name__)


class SubscriptionRefused(Exception):
    """The subscription cannot be made; `code` is RingCentral's."""

    def __init__(self, code: str, message: str, *, status: int = 400):
        super().__init__(message)
        self.code = code
        self.status = status


@dataclass
class Subscription:
    """One subscription; `extension_id` is set where only that extension's events count."""

    owner_id: str
    event_filter: str
    extension_id: str
    address: str
    verification_token: str
    lifetime: timedelta
    created_at: datetime
    expires_at: datetime
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def wants(self, party: dict[str, Any]) -> bool:
        return self.extension_id in ("", party.get("extensionId"))

    def as_json(self, now: datetime) -> dict[str, Any]:
        return {
            "uri": f"/restapi/v1.0/subscription/{self.id}",
            "id": self.id,
            "eventFilters": [self.event_filter],
            "creationTime": self.created_at.isoformat(),
            "expirationTime": self.expires_at.isoformat(),
            "expiresIn": int((self.expires_at - now).total_seconds()),
            "status": "Active",
            "deliveryMode": {
                "transportType": "WebHook",
                "address": self.address,
                "encryption": False,
            },
        }


class Subscriptions:
    """All subscriptions, and who is told what."""

    def __init__(self, clock: Clock, senders: Executor):
        self._clock = clock
        self._senders = senders
        self._all: dict[str, Subscription] = {}
        self.deliveries: deque[dict[str, Any]] = deque(maxlen=10_000)
        self._random = random.Random(1)  # noqa: S311  mischief, the same in every run
        self.duplicates = 0
        """How many times more each notification is delivered."""
        self.scatter_seconds = 0.0
        """How late a notification may be: later ones then overtake it."""

    def alive(self, owner_id: str | None = None) -> list[Subscription]:
        now = self._clock.now()
        return [
            subscription
            for subscription in list(self._all.values())
            if subscription.expires_at > now
            and owner_id in (None, subscription.owner_id)
        ]

    def find(self, owner_id: str, subscription_id: str) -> Subscription | None:
        mine = self.alive(owner_id)
        return next((s for s in mine if s.id == subscription_id), None)

    def create(self, owner_id: str, body: dict[str, Any]) -> Subscription:
        """Subscribe, after the handshake. Raises `SubscriptionRefused`."""
        filters = body.get("eventFilters") or []
        matches = [FILTER.fullmatch(text.partition("?")[0]) for text in filters]
        if not matches or not all(matches):
            raise SubscriptionRefused("SUB-508", "Event filters are invalid")
        if len(self.alive(owner_id)) >= MOST_PER_PERSON:
            raise SubscriptionRefused("SUB-505", "Too many subscriptions", status=403)
        delivery = body.get("deliveryMode", {})
        shake_hands(delivery.get("address", ""))
        now = self._clock.now()
        lifetime = timedelta(seconds=body.get("expiresIn", DEFAULT_LIFETIME_SECONDS))
        of_extension = matches[0][2] is not None
        subscription = Subscription(
            owner_id=owner_id,
            event_filter=resolve(filters[0], owner_id),
            extension_id=owner_id if of_extension else "",
            address=delivery["address"],
            verification_token=delivery.get("verificationToken", ""),
            lifetime=lifetime,
            created_at=now,
            expires_at=now + lifetime,
        )
        self._all[subscription.id] = subscription
        return subscription

    def renew(self, subscription: Subscription) -> None:
        subscription.expires_at = self._clock.now() + subscription.lifetime

    def delete(self, subscription: Subscription) -> None:
        self._all.pop(subscription.id, None)

    def publish(self, body: dict[str, Any]) -> None:
        """Tell every subscriber of a change; `body` has exactly one party."""
        party = body["parties"][0]
        for subscription in self.alive():
            if subscription.wants(party):
                notification = {
                    "uuid": str(uuid.uuid4().int)[:19],
                    "event": event_path(party),
                    "timestamp": self._clock.now().isoformat(),
                    "subscriptionId": subscription.id,
                    "ownerId": subscription.owner_id,
                    "body": body,
                }
                for _ in range(1 + self.duplicates):
                    self._send(subscription, notification)

    def _send(self, subscription: Subscription, notification: dict) -> None:
        late = self._random.uniform(0, self.scatter_seconds)
        self._clock.call_later(
            late,
            lambda: self._senders.submit(self._deliver, subscription, notification),
        )

    def _deliver(self, subscription: Subscription, notification: dict) -> None:
        started_at = self._clock.now()
        try:
            status = requests.post(
                subscription.address,
                json=notification,
                headers={
                    "Verification-Token": subscription.verification_token,
                    "User-Agent": USER_AGENT,
                },
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
            ).status_code
        except requests.RequestException as fault:
            logger.info("Delivery failed: %s", type(fault).__name__)
            status = 0
        self.deliveries.append(
            {
                "uuid": notification["uuid"],
                "subscriptionId": subscription.id,
                "status": status,
                "milliseconds": (self._clock.now() - started_at).total_seconds() * 1000,
            }
        )


def resolve(event_filter: str, owner_id: str) -> str:
    """Return the filter as RingCentral gives it back: with ids in the place of ``~``."""
    own = event_filter.replace("/extension/~", f"/extension/{owner_id}")
    return own.replace("/account/~", f"/account/{seed.ACCOUNT_ID}")


def event_path(party: dict[str, Any]) -> str:
    account = f"/restapi/v1.0/account/{seed.ACCOUNT_ID}"
    if "extensionId" in party:
        account += f"/extension/{party['extensionId']}"
    return f"{account}/telephony/sessions"


def shake_hands(address: str) -> None:
    """Try the address as RingCentral does before it confirms a subscription."""
    token = str(uuid.uuid4())
    headers = {
        "Validation-Token": token,
        "User-Agent": USER_AGENT,
        "Content-Type": "application/json",
    }
    try:
        answer = requests.post(
            address, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False
        )
    except requests.RequestException as fault:
        raise SubscriptionRefused("SUB-521", "The webhook is not reachable") from fault
    if answer.status_code != 200:
        status = answer.status_code
        raise SubscriptionRefused("SUB-522", f"The webhook answered with [{status}]")
    size = sum(len(f"{name}: {value}\r\n") for name, value in answer.headers.items())
    is_valid = answer.headers.get("Validation-Token") == token
    if not is_valid or size + len(answer.content) > MAX_ANSWER_BYTES:
        raise SubscriptionRefused("SUB-525", "The webhook's answer is not valid")
