"""Webhook subscriptions of the sandbox: validation, deliveries, reminders, blacklisting."""

import logging
import uuid
from collections import deque
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import requests

from appconnect.sandbox.ringcentral import seed
from appconnect.sandbox.ringcentral.clock import Clock
from appconnect.sandbox.ringcentral.event_filters import (
    EventFilters,
    SubscriptionRefused,
    event_path,
)
from appconnect.sandbox.ringcentral.faults import Delivery, DeliveryFaults

USER_AGENT = "RingCentral-Webhook/8.3"
TIMEOUT_SECONDS = 3
MAX_REPLY_BYTES = 1024
MAX_PER_PERSON = 30
DEFAULT_LIFETIME_SECONDS = 604800
TIMED_OUT = "I/O operation is failed. Details: [Read timed out]"

logger = logging.getLogger(__name__)


@dataclass
class Subscription:
    owner_id: str
    event_filters: EventFilters
    address: str
    verification_token: str
    lifetime: timedelta
    created_at: datetime
    expires_at: datetime
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    failing_since: datetime | None = None
    blacklisted_at: datetime | None = None
    blacklist_reason: str = ""

    def as_json(self, now: datetime) -> dict[str, Any]:
        described = {
            "uri": f"/restapi/v1.0/subscription/{self.id}",
            "id": self.id,
            "eventFilters": self.event_filters.as_json(),
            "creationTime": self.created_at.isoformat(),
            "expirationTime": self.expires_at.isoformat(),
            "expiresIn": int((self.expires_at - now).total_seconds()),
            "status": "Blacklisted" if self.blacklisted_at else "Active",
            "deliveryMode": {
                "transportType": "WebHook",
                "address": self.address,
                "encryption": False,
            },
        }
        if self.blacklisted_at:
            described["blacklistedData"] = {
                "blacklistedAt": self.blacklisted_at.isoformat(),
                "reason": self.blacklist_reason,
            }
        return described


class Subscriptions:
    """All subscriptions, and the notifications that each is sent."""

    def __init__(self, clock: Clock, senders: Executor):
        self._clock = clock
        self._senders = senders
        self._all: dict[str, Subscription] = {}
        self.deliveries: deque[dict[str, Any]] = deque(maxlen=10_000)
        self.faults = DeliveryFaults()
        self.blacklist_after_seconds = 600.0
        """How long deliveries may fail before the subscription is blacklisted."""
        self.reactivate_after_seconds = 0.0
        """How long after it was blacklisted a subscription is tried again; 0: never.

        RingCentral did so in 2018; its documentation of today says that it does not."""
        self.delivery_retries = 0
        """How often a failed delivery is retried; RingCentral does not document it."""

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
        """Validate the webhook and subscribe. Raises `SubscriptionRefused`."""
        lifetime = timedelta(seconds=body.get("expiresIn", DEFAULT_LIFETIME_SECONDS))
        filters = EventFilters.parse(
            body.get("eventFilters") or [], owner_id=owner_id, lifetime=lifetime
        )
        if len(self.alive(owner_id)) >= MAX_PER_PERSON:
            raise SubscriptionRefused("SUB-505", "Too many subscriptions", status=403)
        delivery = body.get("deliveryMode", {})
        validate_webhook(delivery.get("address", ""))
        now = self._clock.now()
        subscription = Subscription(
            owner_id=owner_id,
            event_filters=filters,
            address=delivery["address"],
            verification_token=delivery.get("verificationToken", ""),
            lifetime=lifetime,
            created_at=now,
            expires_at=now + lifetime,
        )
        self._all[subscription.id] = subscription
        self._schedule_reminder(subscription)
        return subscription

    def update(self, subscription: Subscription, body: dict[str, Any]) -> None:
        """Change the filter and the expiry; ignore everything else, as RingCentral does."""
        seconds = body.get("expiresIn", DEFAULT_LIFETIME_SECONDS)
        subscription.lifetime = timedelta(seconds=seconds)
        if "eventFilters" in body:
            subscription.event_filters = EventFilters.parse(
                body["eventFilters"] or [],
                owner_id=subscription.owner_id,
                lifetime=subscription.lifetime,
            )
        self.renew(subscription)

    def renew(self, subscription: Subscription) -> None:
        subscription.expires_at = self._clock.now() + subscription.lifetime
        self._schedule_reminder(subscription)

    def delete(self, subscription: Subscription) -> None:
        self._all.pop(subscription.id, None)

    def break_all(self, fault: str) -> None:
        """Delete, expire, blacklist or change every subscription."""
        for subscription in self.alive():
            match fault:
                case "delete":
                    self.delete(subscription)
                case "expire":
                    subscription.expires_at = self._clock.now()
                case "blacklist":
                    self._blacklist(subscription, TIMED_OUT)
                case "drift":
                    other = seed.extension_id("108")
                    filters = subscription.event_filters
                    subscription.event_filters = filters.drifted_to(other)

    def publish(self, body: dict[str, Any]) -> None:
        """Notify every subscriber of a change; `body` has exactly one party."""
        party = body["parties"][0]
        for subscription in self.alive():
            if subscription.event_filters.matches(party):
                self._notify(subscription, event_path(party), body)

    def _notify(
        self, subscription: Subscription, event: str, body: dict[str, Any]
    ) -> None:
        if subscription.blacklisted_at:
            return
        notification = {
            "uuid": str(uuid.uuid4().int)[:19],
            "event": event,
            "timestamp": self._clock.now().isoformat(),
            "subscriptionId": subscription.id,
            "ownerId": subscription.owner_id,
            "body": body,
        }
        token = subscription.verification_token
        for delay, delivery in self.faults.deliveries(notification, token):
            self._send(subscription, delivery, delay)

    def _schedule_reminder(self, subscription: Subscription) -> None:
        """Send reminders of the current expiry until it changes or the subscription ends."""
        reminder, expires_at = (
            subscription.event_filters.reminder,
            subscription.expires_at,
        )
        if reminder is None:
            return

        def remind() -> None:
            is_current = self._all.get(subscription.id) is subscription
            remaining = int((expires_at - self._clock.now()).total_seconds())
            if is_current and subscription.expires_at == expires_at and remaining > 0:
                body = {"expiresIn": remaining}
                self._notify(subscription, reminder.event_filter, body)
                self._clock.call_later(reminder.interval.total_seconds(), remind)

        wait = expires_at - reminder.threshold - self._clock.now()
        self._clock.call_later(wait.total_seconds(), remind)

    def _send(
        self, subscription: Subscription, delivery: Delivery, delay: float
    ) -> None:
        self._clock.call_later(
            delay,
            lambda: self._senders.submit(self._deliver, subscription, delivery),
        )

    def _deliver(
        self, subscription: Subscription, delivery: Delivery, attempt: int = 0
    ) -> None:
        started_at = self._clock.now()
        try:
            status = requests.post(
                subscription.address,
                data=delivery.body,
                headers={
                    "Content-Type": "application/json; charset=UTF-8",
                    "Verification-Token": delivery.verification_token,
                    "User-Agent": USER_AGENT,
                },
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
            ).status_code
        except requests.RequestException as error:
            logger.info("Delivery failed: %s", type(error).__name__)
            status = 0
        now = self._clock.now()
        if not delivery.is_genuine:  # it should be refused: no failure
            pass
        elif status == 200:
            subscription.failing_since = None
        else:
            self._count_failure(subscription, status, now)
            if attempt < self.delivery_retries:
                retry = (self._deliver, subscription, delivery, attempt + 1)
                self._clock.call_later(2**attempt, lambda: self._senders.submit(*retry))
        self.deliveries.append(
            {
                "uuid": delivery.uuid,
                "subscriptionId": subscription.id,
                "status": status,
                "milliseconds": (now - started_at).total_seconds() * 1000,
            }
        )

    def _count_failure(
        self, subscription: Subscription, status: int, now: datetime
    ) -> None:
        """Blacklist the subscription when its deliveries have failed for too long."""
        subscription.failing_since = subscription.failing_since or now
        failing = (now - subscription.failing_since).total_seconds()
        if failing >= self.blacklist_after_seconds:
            replied = f"Webhook responses with code: [{status}]"
            self._blacklist(subscription, replied if status else TIMED_OUT)

    def _blacklist(self, subscription: Subscription, reason: str) -> None:
        subscription.blacklisted_at = self._clock.now()
        subscription.blacklist_reason = reason
        if self.reactivate_after_seconds:
            self._clock.call_later(
                self.reactivate_after_seconds,
                lambda: self._senders.submit(self._reactivate, subscription),
            )

    def _reactivate(self, subscription: Subscription) -> None:
        """Reactivate a blacklisted subscription if its webhook is valid by now."""
        try:
            validate_webhook(subscription.address)
        except SubscriptionRefused as refused:
            self._blacklist(subscription, str(refused))
        else:
            subscription.blacklisted_at = subscription.failing_since = None


def validate_webhook(address: str) -> None:
    """Check the address as RingCentral does before it confirms a subscription.

    Raises `SubscriptionRefused`.
    """
    token = str(uuid.uuid4())
    headers = {
        "Validation-Token": token,
        "User-Agent": USER_AGENT,
        "Content-Type": "application/json",
    }
    try:
        reply = requests.post(
            address, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False
        )
    except requests.RequestException as error:
        raise SubscriptionRefused("SUB-521", "The webhook is not reachable") from error
    if reply.status_code != 200:
        status = reply.status_code
        raise SubscriptionRefused("SUB-522", f"The webhook answered with [{status}]")
    size = sum(len(f"{name}: {value}\r\n") for name, value in reply.headers.items())
    is_valid = reply.headers.get("Validation-Token") == token
    if not is_valid or size + len(reply.content) > MAX_REPLY_BYTES:
        raise SubscriptionRefused("SUB-525", "The webhook's answer is not valid")
