"""The event filters of a subscription: which events they select, and which are refused."""

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Self

from appconnect.sandbox.ringcentral import seed

TELEPHONY = re.compile(
    r"/restapi/v1\.0/account/(~|\d+)(/extension/(~|\d+))?/telephony/sessions"
)
REMINDER_PATH = "/restapi/v1.0/subscription/~"
REMINDER = re.compile(
    r"/restapi/v1\.0/subscription/~\?threshold=(\d{1,9})&interval=(\d{1,9})"
)


class SubscriptionRefused(Exception):
    """The subscription is refused; `code` is RingCentral's."""

    def __init__(self, code: str, message: str, *, status: int = 400):
        super().__init__(message)
        self.code = code
        self.status = status


@dataclass(frozen=True)
class Reminder:
    """The filter for reminders, from `threshold` before the expiry on, every `interval`."""

    event_filter: str
    threshold: timedelta
    interval: timedelta

    @classmethod
    def parse(cls, event_filter: str, *, lifetime: timedelta) -> Self:
        """Parse the filter. Raises `SubscriptionRefused`."""
        matched = REMINDER.fullmatch(event_filter)
        if matched:
            threshold, interval = (timedelta(seconds=int(s)) for s in matched.groups())
            if interval and threshold <= lifetime / 2 and interval <= threshold / 2:
                return cls(event_filter, threshold, interval)
        raise SubscriptionRefused("SUB-508", "Event filters are invalid")


@dataclass(frozen=True)
class EventFilters:
    """One filter for the sessions of an account or an extension, and perhaps a reminder."""

    telephony: str
    """As RingCentral returns it: with ids instead of ``~``."""
    extension_id: str
    """The only extension whose events are selected; empty: all of the account."""
    reminder: Reminder | None = None

    @classmethod
    def parse(cls, filters: list[str], *, owner_id: str, lifetime: timedelta) -> Self:
        """Parse a request's ``eventFilters``. Raises `SubscriptionRefused`."""
        reminders = [text for text in filters if text.startswith(REMINDER_PATH)]
        telephony = [text for text in filters if text not in reminders]
        if reminders and not telephony:
            raise SubscriptionRefused("SUB-515", "Reminder is the only event filter")
        matches = [TELEPHONY.fullmatch(text.partition("?")[0]) for text in telephony]
        if not matches or not all(matches) or len(reminders) > 1:
            raise SubscriptionRefused("SUB-508", "Event filters are invalid")
        own = telephony[0].replace("/extension/~", f"/extension/{owner_id}")
        return cls(
            telephony=own.replace("/account/~", f"/account/{seed.ACCOUNT_ID}"),
            extension_id=owner_id if matches[0][2] else "",
            reminder=next(
                (Reminder.parse(text, lifetime=lifetime) for text in reminders), None
            ),
        )

    def drifted_to(self, extension_id: str) -> Self:
        """Return the filters after another program pointed them at one extension."""
        account = f"/restapi/v1.0/account/{seed.ACCOUNT_ID}"
        path = f"{account}/extension/{extension_id}/telephony/sessions"
        return replace(self, telephony=path, extension_id=extension_id)

    def as_json(self) -> list[str]:
        reminder = [self.reminder.event_filter] if self.reminder else []
        return [self.telephony, *reminder]

    def matches(self, party: dict[str, Any]) -> bool:
        return self.extension_id in ("", party.get("extensionId"))


def event_path(party: dict[str, Any]) -> str:
    """Return the concrete path of a party's change."""
    account = f"/restapi/v1.0/account/{seed.ACCOUNT_ID}"
    if "extensionId" in party:
        account += f"/extension/{party['extensionId']}"
    return f"{account}/telephony/sessions"
