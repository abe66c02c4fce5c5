"""Webhook subscriptions at RingCentral."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from appconnect.ringcentral.client import RingCentral
from appconnect.ringcentral.errors import Refused

ACCOUNT_FILTER = "/restapi/v1.0/account/~/telephony/sessions"
EXTENSION_FILTER = "/restapi/v1.0/account/~/extension/~/telephony/sessions"
SUBSCRIPTION = "/restapi/v1.0/subscription"
REMINDER = f"{SUBSCRIPTION}/~"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionInfo:
    """A subscription as RingCentral reports it."""

    id: str
    event_filters: tuple[str, ...]
    """As RingCentral returns them, with ids in place of ``~``. Without reminders."""
    address: str
    is_active: bool
    expires_at: datetime
    remaining: timedelta
    """Until then by RingCentral's own clock."""
    reason: str
    """Why it is not active, in RingCentral's words; usually empty."""


def create_subscription(
    client: RingCentral,
    *,
    event_filter: str,
    address: str,
    verification_token: str,
    lifetime: timedelta,
) -> SubscriptionInfo:
    """Subscribe, with reminders of the expiry in the last quarter of the lifetime.

    RingCentral calls `address` before it replies, so that must be up.
    """
    seconds = int(lifetime.total_seconds())
    reminder = f"{REMINDER}?threshold={seconds // 4}&interval={seconds // 16}"
    reply = client.post(
        SUBSCRIPTION,
        {
            "eventFilters": [event_filter, reminder],
            "deliveryMode": {
                "transportType": "WebHook",
                "address": address,
                "verificationToken": verification_token,
            },
            "expiresIn": seconds,
        },
    )
    return parse_subscription(reply)


def list_subscriptions(client: RingCentral) -> list[SubscriptionInfo]:
    """Return this app's subscriptions of the token's user; there can be thirty."""
    return [parse_subscription(one) for one in client.get(SUBSCRIPTION)["records"]]


def find_subscription(
    client: RingCentral, subscription_id: str
) -> SubscriptionInfo | None:
    """Return the subscription, or None when it expired or was deleted."""
    try:
        return parse_subscription(client.get(f"{SUBSCRIPTION}/{subscription_id}"))
    except Refused as error:
        if error.status == 404:
            return None
        raise


def renew_subscription(client: RingCentral, subscription_id: str) -> SubscriptionInfo:
    """Extend the subscription by its own lifetime."""
    return parse_subscription(client.post(f"{SUBSCRIPTION}/{subscription_id}/renew"))


def delete_subscription(client: RingCentral, subscription_id: str) -> None:
    """Delete the subscription; one that is already gone is no error."""
    try:
        client.delete(f"{SUBSCRIPTION}/{subscription_id}")
    except Refused as error:
        if error.status != 404:
            raise


def parse_subscription(reply: Mapping[str, Any]) -> SubscriptionInfo:
    return SubscriptionInfo(
        id=reply["id"],
        event_filters=tuple(
            event_filter
            for event_filter in reply["eventFilters"]
            if not event_filter.startswith(SUBSCRIPTION)
        ),
        address=reply["deliveryMode"].get("address", ""),
        is_active=reply["status"] == "Active",
        expires_at=datetime.fromisoformat(reply["expirationTime"]),
        remaining=timedelta(seconds=reply["expiresIn"]),
        reason=reply.get("blacklistedData", {}).get("reason", ""),
    )
