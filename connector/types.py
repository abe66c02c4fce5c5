"""The values that the framework and a connector exchange."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo


class Direction(StrEnum):
    """The direction of a call, in RingCentral's words."""

    INBOUND = "Inbound"
    OUTBOUND = "Outbound"


class AuthType(StrEnum):
    """How a user signs in to the CRM, in the manifest's words."""

    OAUTH = "oauth"
    API_KEY = "apiKey"


class LogFormatType(StrEnum):
    """The format of `composed_log_details`.

    CUSTOM: the connector composes its own text, and keeps what people have written there.
    """

    PLAIN_TEXT = "text/plain"
    HTML = "text/html"
    MARKDOWN = "text/markdown"
    CUSTOM = "custom"


class MarkerSupport(StrEnum):
    """What a CRM can do with a call's marker. How often a call is logged depends on it."""

    UNIQUE = "unique"
    """It refuses a second record with the same marker."""
    SEARCHABLE = "searchable"
    """Records can be searched by it."""
    IN_TEXT = "in text"
    """It stands in a record's text; the records of a contact are read to find it."""
    NONE = "none"
    """A record cannot be found again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One side of a call. A member that is not known is an empty string."""

    phone_number: str = field(default="", repr=False)
    """E.164, or RingCentral's value where that is not a phone number."""
    extension_id: str = ""
    extension_number: str = ""
    name: str = field(default="", repr=False)
    """As RingCentral shows it. Of an outside caller it is the carrier's text: never trust it."""
    on_behalf_of: str = ""
    """The colleague's name for whom this person, a delegate, made or took the call."""
    is_own_number: bool = False
    """Whether the phone number is the account's: a person's direct one, or the company's."""

    @property
    def is_extension(self) -> bool:
        """Whether this is an extension or a number of the account."""
        return bool(self.extension_id or self.extension_number or self.is_own_number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that has ended, as RingCentral's call log has it."""

    telephony_session_id: str
    session_id: str
    direction: Direction
    caller: Party
    callee: Party
    started_at: datetime
    """UTC."""
    duration_seconds: int
    result: str
    """In RingCentral's words: Accepted, Call connected, Missed, Voicemail …"""
    recording_url: str = ""
    """Where a person can hear it: in RingCentral's player, unless the admin chose the file."""
    voicemail_url: str = ""
    """The same for a voicemail."""
    marker: str = ""
    """Identifies this call's record in the CRM: stable, unguessable, without personal data."""
    custom_subject: str = field(default="", repr=False)
    """The subject that a person chose; empty in an update that leaves the subject alone."""
    talk_seconds: int | None = None
    """The talk time, where the admin wants that logged instead of the whole duration."""
    time_zone: str = "UTC"
    """IANA name: that of the person whose call it was, else the organization's."""
    previous: Call | None = field(default=None, repr=False)
    """In an update: the call as the record was last given it; None where that is unknown."""

    @property
    def local_start(self) -> datetime:
        """When it began, on the clock of the person whose call it was."""
        return self.started_at.astimezone(ZoneInfo(self.time_zone))

    @property
    def logged_seconds(self) -> int:
        """The duration to write into the CRM."""
        if self.talk_seconds is None:
            return self.duration_seconds
        return self.talk_seconds

    @property
    def logged_minutes(self) -> int:
        """The duration in minutes: rounded, but at least one for any talk."""
        seconds = self.logged_seconds
        return max(1, (seconds + 30) // 60) if seconds > 0 else 0

    @property
    def contact_number(self) -> str:
        """The phone number of `contact_party`."""
        return self.contact_party.phone_number

    @property
    def contact_party(self) -> Party:
        """The outside party: the caller of an inbound call, else the callee."""
        return self.caller if self.direction is Direction.INBOUND else self.callee

    @property
    def own_party(self) -> Party:
        """The account's own party: the callee of an inbound call, else the caller."""
        return self.callee if self.direction is Direction.INBOUND else self.caller

    @property
    def is_internal(self) -> bool:
        """Whether both sides are of the account."""
        return self.caller.is_extension and self.callee.is_extension

    @property
    def numbers(self) -> set[str]:
        """The phone and extension numbers of both sides."""
        sides = (self.caller, self.callee)
        return {n for p in sides for n in (p.phone_number, p.extension_number) if n}

    def changed(self, fields_of: Callable[[Call], Mapping[str, Any]]) -> dict[str, Any]:
        """Return which of the record's fields to send: all, or in an update what differs.

        `fields_of` returns the fields of a call. One with the value that the record was
        last given is not sent: people may have changed it there.
        """
        fields = dict(fields_of(self))
        if self.previous is None:
            return fields
        before = fields_of(self.previous)
        return {
            name: value
            for name, value in fields.items()
            if name not in before or before[name] != value
        }

    def subject(self, contact: Contact) -> str:
        """Return the subject that a person chose, else App Connect's usual one."""
        if self.custom_subject:
            return self.custom_subject
        preposition = "from" if self.direction is Direction.INBOUND else "to"
        name = contact.name or self.contact_number  # a contact may have no name
        return f"{self.direction} Call {preposition} {name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person or company in the CRM that a call can be logged to."""

    id: str
    name: str = field(repr=False)
    type: str = "Contact"
    phone_number: str = field(default="", repr=False)
    created_at: datetime | None = None
    """UTC; None where the CRM does not say."""
    most_recent_activity_at: datetime | None = None
    """UTC; None where the CRM does not say, or there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmUser:
    """A user of the CRM who can own a record. `email` may be empty."""

    id: str
    name: str
    email: str = ""
    is_active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class UserInfo:
    """The user that is signed in. `time_zone` is an IANA name or empty."""

    id: str
    name: str
    time_zone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseStatus:
    """Whether calls may be logged for a user, with a text for the admin."""

    is_license_valid: bool
    license_status: str
    license_status_description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLogInfo:
    """A call record as it is in the CRM now, with people's edits."""

    subject: str
    note: str = field(repr=False)
    full_body: str = field(repr=False)
    """The whole text in the CRM: what `composed_log_details` has become."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthInfo:
    """What an authorization-code sign-in at the CRM needs."""

    client_id: str
    client_secret: str = field(repr=False)
    authorization_uri: str
    access_token_uri: str
    redirect_uri: str = ""
    """Where people come back to; empty for the framework's own address."""
    scopes: tuple[str, ...] = ()
    scope_separator: str = " "
    """RFC 6749 has a blank; some CRMs want commas."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The user to sign in as, and the CRM's host. The repr shows no secret.

    `access_token` is the API key or OAuth access token of a CRM session; it is empty
    when the service account in `server_logging_settings` is to be used instead.
    """

    hostname: str = ""
    """Host, with its port where it has one, of the organization's own CRM address."""
    access_token: str = field(default="", repr=False)
    server_logging_settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The stored values of the manifest's `additionalFields`: const → value."""
    session_id: str = ""
    """Identifies the person's CRM session; empty where none is used."""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    """The OAuth client that the operator registered with the CRM's vendor, if any."""


SignedIn = Mapping[str, str]
"""What requests need after a sign-in: a session token, a refresh token, a host."""


class SignInKeeper:
    """Stores the result of a sign-in, in memory.

    The framework's subclass stores it encrypted, for all workers.
    """

    def __init__(self, signed_in: SignedIn | None = None) -> None:
        self._signed_in: SignedIn = signed_in or {}
        self._lock = threading.Lock()

    def get(self) -> SignedIn:
        """Return the last result; empty when there is none."""
        return self._signed_in

    def renew(
        self, refused: SignedIn, sign_in: Callable[[SignedIn], SignedIn]
    ) -> SignedIn:
        """Return the result that replaces `refused`, and store it.

        Another worker may have signed in meanwhile: then its result is returned. Otherwise
        `sign_in` is called with the last result, by one worker at a time, because a
        refresh token may work only once.
        """
        with self._lock:
            if self._signed_in == refused:
                self._signed_in = sign_in(refused)
            return self._signed_in
