"""The values that cross the border between the framework and a connector."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Direction(StrEnum):
    """The direction of a call, in RingCentral's words."""

    INBOUND = "Inbound"
    OUTBOUND = "Outbound"


class AuthType(StrEnum):
    """How a user signs in to the CRM, in the manifest's words."""

    OAUTH = "oauth"
    API_KEY = "apiKey"


class LogFormatType(StrEnum):
    """The format in which a connector wants `composed_log_details`; CUSTOM: it composes
    its own, and looks itself after what people have written there."""

    PLAIN_TEXT = "text/plain"
    HTML = "text/html"
    MARKDOWN = "text/markdown"
    CUSTOM = "custom"


class MarkerSupport(StrEnum):
    """What a CRM can do with a call's marker: it decides what can be promised."""

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
    """E.164, or what RingCentral gave where that is no phone number."""
    extension_id: str = ""
    extension_number: str = ""
    name: str = field(default="", repr=False)
    """As RingCentral shows it: for a caller from outside the carrier's text, never to be trusted."""

    @property
    def is_extension(self) -> bool:
        """Whether this is an extension of the account."""
        return bool(self.extension_id or self.extension_number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that has ended, as RingCentral's call log tells it."""

    telephony_session_id: str
    session_id: str
    direction: Direction
    caller: Party
    callee: Party
    started_at: datetime
    """UTC."""
    duration_seconds: int
    result: str
    """RingCentral's word: Accepted, Call connected, Missed, Voicemail …"""
    recording_url: str = ""
    voicemail_url: str = ""
    """Where RingCentral keeps the message that was left; needs its sign-in to be heard."""
    marker: str = ""
    """Names this call's record in the CRM: stable, unguessable, without personal data."""
    custom_subject: str = field(default="", repr=False)
    """What a person calls the record; empty in an update that leaves its subject alone."""
    talk_seconds: int | None = None
    """How long people talked, where it is to be logged instead of the whole duration."""

    @property
    def logged_seconds(self) -> int:
        """What the CRM's field for the duration gets."""
        if self.talk_seconds is None:
            return self.duration_seconds
        return self.talk_seconds

    @property
    def contact_number(self) -> str:
        """The number of the party who is not ours."""
        return self.contact_party.phone_number

    @property
    def contact_party(self) -> Party:
        """The party who is not ours: the caller of an inbound call, else the callee."""
        return self.caller if self.direction is Direction.INBOUND else self.callee

    @property
    def own_party(self) -> Party:
        """Our side: the callee of an inbound call, else the caller."""
        return self.callee if self.direction is Direction.INBOUND else self.caller

    @property
    def is_internal(self) -> bool:
        """Whether both sides are extensions of the account."""
        return self.caller.is_extension and self.callee.is_extension

    @property
    def numbers(self) -> set[str]:
        """The phone and extension numbers of both sides."""
        sides = (self.caller, self.callee)
        return {n for p in sides for n in (p.phone_number, p.extension_number) if n}

    def subject(self, contact: "Contact") -> str:
        """Return what a person calls the record, else what App Connect does."""
        word = "from" if self.direction is Direction.INBOUND else "to"
        return self.custom_subject or f"{self.direction} Call {word} {contact.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Somebody in the CRM whom a call can be logged to."""

    id: str
    name: str = field(repr=False)
    type: str = "Contact"
    phone_number: str = field(default="", repr=False)
    created_at: datetime | None = None
    """UTC; None where the CRM does not tell."""
    most_recent_activity_at: datetime | None = None
    """UTC; None where the CRM does not tell, or there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmUser:
    """Somebody who works in the CRM and can own a record. `email` may be empty."""

    id: str
    name: str
    email: str = ""
    is_active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class UserInfo:
    """Whose credentials these are. `time_zone` is an IANA name or empty."""

    id: str
    name: str
    time_zone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseStatus:
    """Whether the CRM lets this user be logged for, with words for the admin."""

    is_license_valid: bool
    license_status: str
    license_status_description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLogInfo:
    """A call record as it stands in the CRM now, edits of people included."""

    subject: str
    note: str = field(repr=False)
    full_body: str = field(repr=False)
    """The whole text, as the CRM has it: what `composed_log_details` became."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthInfo:
    """What an authorization-code sign-in at the CRM needs."""

    client_id: str
    client_secret: str = field(repr=False)
    authorization_uri: str
    access_token_uri: str
    redirect_uri: str = ""
    """Where people are sent back to; empty: where the framework takes them in."""
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Whom a connector signs in as, and where. Its repr shows no secret.

    `access_token` is the API key or OAuth access token of a CRM session; it is empty
    when the service account in `server_logging_settings` is to be used instead.
    """

    hostname: str = ""
    """Host, with its port where it has one, of the organization's own CRM address."""
    access_token: str = field(default="", repr=False)
    server_logging_settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The stored values of the manifest's `additionalFields`: const → value."""
    session_id: str = ""
    """Names the person's CRM session; empty where nobody's is used."""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    """This program as it is registered with the CRM's maker, where that is needed."""


SignedIn = Mapping[str, str]
"""What requests need after a sign-in: a session token, a refresh token, a host."""


class SignInKeeper:
    """Keeps what a sign-in gave for as long as it lives.

    The framework's own keeps it, encrypted, for all workers.
    """

    def __init__(self, kept: SignedIn | None = None) -> None:
        self._kept: SignedIn = kept or {}
        self._lock = threading.Lock()

    def get(self) -> SignedIn:
        """Return what was kept last; empty when nothing was."""
        return self._kept

    def renew(
        self, refused: SignedIn, sign_in: Callable[[SignedIn], SignedIn]
    ) -> SignedIn:
        """Return what is valid in place of `refused`, and keep it.

        Another worker may have signed in meanwhile: then that is returned. Otherwise
        `sign_in` is called with what was kept last, by one worker at a time, because a
        refresh token may be good for one use only.
        """
        with self._lock:
            if self._kept == refused:
                self._kept = sign_in(refused)
            return self._kept
