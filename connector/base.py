"""The contract: the interfaces through which the framework calls a CRM."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import requests

from connector.errors import NotSupported
from connector.manifest import InvalidManifest, Platform, load_manifest
from connector.types import (
    AuthType,
    Call,
    CallLogInfo,
    Contact,
    Credentials,
    CrmUser,
    LicenseStatus,
    LogFormatType,
    MarkerSupport,
    OAuthInfo,
    SignedIn,
    SignInKeeper,
    UserInfo,
)


def accepted(method: Callable[..., Any], **optional: Any) -> dict[str, Any]:
    """Return those keywords which an override takes besides the contract's own."""
    parameters = inspect.signature(method).parameters
    return {name: value for name, value in optional.items() if name in parameters}


class Connector(ABC):
    """One CRM, signed in to with one set of credentials.

    Every method may raise the errors of `connector.errors`, and nothing else that it
    can foresee. A method of an optional interface raises `NotSupported` until it is
    overridden. An instance is used by one thread and closed after use.
    """

    platform: ClassVar[str]
    """The connector's key in the registry, and its platform's name in the manifest."""
    marker_support: ClassVar[MarkerSupport] = MarkerSupport.NONE
    """What the CRM can do with `Call.marker`; all but NONE need `find_call_logs`."""
    search_lag: ClassVar[timedelta] = timedelta(0)
    """How long after it was written the CRM may not find a record, or a contact, yet."""

    calls_per_minute: ClassVar[int | None] = None
    """How many calls may be logged a minute, where the CRM limits that."""
    max_text_length: ClassVar[int | None] = None
    """How many characters `composed_log_details` may have, where the CRM limits that.

    What the connector adds itself is not among them. A longer text is cut before it is
    sent, with a sentence that says so."""

    region: str = ""
    """ISO 3166 country of numbers without a country code; empty where none is set."""

    def __init__(
        self,
        credentials: Credentials,
        *,
        session: requests.Session,
        sign_in_keeper: SignInKeeper | None = None,
    ) -> None:
        self.credentials = credentials
        self.session = session
        """Carries the operator's network policy: a connector opens no other connection."""
        self.sign_in_keeper = sign_in_keeper or SignInKeeper()

    def close(self) -> None:
        """Close the session. The connector is not used afterwards."""
        self.session.close()

    @classmethod
    def implements(cls, interface: str) -> bool:
        """Return whether this connector overrides `interface`, a method name of `Connector`."""
        return getattr(cls, interface) is not getattr(Connector, interface)

    @classmethod
    def manifest_path(cls) -> Path:
        """Return where the manifest is: beside the class, under its module's name."""
        return Path(inspect.getfile(cls)).with_suffix(".json")

    @property
    def declared(self) -> Platform | None:
        """What the manifest declares; None where the connector has none, as in a test."""
        return declared_by(type(self))

    @property
    def display_name(self) -> str:
        """The CRM's name in messages for people."""
        return self.declared.display_name if self.declared else self.platform

    # Sign-in

    @abstractmethod
    def get_auth_type(self) -> AuthType:
        """Return how people sign in to this CRM."""

    def get_oauth_info(self) -> OAuthInfo:
        """Return the OAuth endpoints and client. Needed when the auth type is OAuth."""
        raise self._not_supported("OAuth sign-in")

    def exchange_code(
        self, code: str, *, redirect_uri: str, code_verifier: str = ""
    ) -> SignedIn:
        """Exchange the authorization `code` that a person came back with for tokens.

        They are stored as that person's sign-in. `redirect_uri` is the one of the
        authorization request; `code_verifier` its PKCE verifier, if any. Needed when the
        auth type is OAuth. Raises `CredentialsRejected` for a code that is not valid.
        """
        raise self._not_supported("OAuth sign-in")

    def get_basic_auth(self, api_key: str) -> str:
        """Return what follows ``Basic `` in the header. Needed when the auth type is API key."""
        raise self._not_supported("API-key sign-in")

    def reach_host(self) -> None:
        """Return once the CRM's host gives any response; no credentials are sent.

        Raises `TemporaryError` with the reason, which shows an admin that the address is
        wrong and not the password.
        """
        raise self._not_supported("looking for the host alone")

    @abstractmethod
    def get_user_info(self) -> UserInfo:
        """Return the user that is signed in, which proves that the credentials work.

        Raises `CredentialsRejected` when they do not.
        """

    # Contacts

    @abstractmethod
    def find_contact(self, phone_number: str) -> list[Contact]:
        """Return every contact with this number; an empty list when none has it.

        In E.164; in another format where the admin has chosen some; or an extension's
        number, where an admin has calls between extensions logged.
        """

    def find_contact_with_name(self, name: str) -> list[Contact]:
        """Return the contacts with this name; an empty list when none has it.

        How a person searches for the right contact in App Connect, and how a placeholder is
        looked for that `find_contact` does not find, although the CRM refuses to create it
        because it exists.
        """
        raise self._not_supported("looking up contacts by name")

    def create_contact(
        self, phone_number: str, *, name: str, contact_type: str = ""
    ) -> Contact:
        """Create a contact with this E.164 number; an empty type leaves that to the CRM.

        `find_contact` finds it by that number, after `search_lag` at the latest: that is
        how it is looked for when this raises `UnknownOutcome`, as `create_call_log` does;
        `AlreadyExists` where the CRM says that it has the contact. An override that takes
        ``owner: CrmUser | None = None`` too is given the call's.
        """
        raise self._not_supported("creating contacts")

    # Call records

    @abstractmethod
    def create_call_log(
        self,
        call: Call,
        *,
        contact: Contact,
        owner: CrmUser | None,
        composed_log_details: str,
    ) -> str:
        """Create one record of `call` and return its id in the CRM.

        `owner` is the user who owns the record; None leaves that to the CRM, which usually
        takes the user that is signed in. Where the CRM has a field that can be searched, it
        is given `call.marker`. Raises `UnknownOutcome` when the record may have been
        written although no id came back: this method is never repeated blindly.
        """

    def check_call_log_access(self) -> None:
        """Check that these credentials may create call records. Nothing is written.

        Raises `PermanentError` that says which permission is missing.
        """
        raise self._not_supported("asking for the right to create records")

    @abstractmethod
    def update_call_log(
        self, log_id: str, call: Call, *, composed_log_details: str | None
    ) -> None:
        """Give the record what has changed of `call`. Repeating it changes nothing more.

        That is what differs from `call.previous`; `call.changed` finds it out. Where
        nothing does, nothing is sent: other fields stay as people may have changed them.
        The subject stays, unless `call.custom_subject` has a new one.

        `composed_log_details` is the record's whole new text: what `get_call_log` gave,
        with our part of it replaced. None leaves the text as it is, which people may
        have written in; only the other fields change then.
        """

    def assign_call_log(self, log_id: str, owner: CrmUser) -> None:
        """Make `owner` the owner of a record that was created without one.

        Called before an update, where the agent has been mapped to a CRM user since.
        """
        raise self._not_supported("assigning call logs")

    def get_call_log(self, log_id: str) -> CallLogInfo | None:
        """Return the record as it is now, or None when it was deleted.

        Read before each update, so that nothing a person wrote is overwritten. Where it
        is not supported, the text of a record is written once and never changed. An override
        that takes ``contact: Contact | None = None`` too is given the record's, without name.
        """
        raise self._not_supported("reading call logs")

    def find_call_logs(self, marker: str, *, contact: Contact) -> list[str]:
        """Return the id of every record that carries `marker`; usually there is one or none.

        How a record of unknown outcome is looked for before anything is sent again.
        `contact` is the one it was logged to, for a CRM that lists a contact's records.
        """
        raise self._not_supported("looking up call logs")

    def get_log_format_type(self) -> LogFormatType:
        """Return the format in which `composed_log_details` is wanted."""
        return LogFormatType.PLAIN_TEXT

    # Server-side logging

    def get_user_list(self) -> list[CrmUser]:
        """Return all users who can own a record, over all pages.

        Needed when the manifest sets `enableUserMapping`. Raises rather than return
        a part: an empty list means that there are no users.
        """
        raise self._not_supported("a user list")

    def get_license_status(self, user_id: str) -> LicenseStatus:
        """Return whether calls may be logged for this user. Needed when the CRM licenses its users."""
        raise self._not_supported("license status")

    def get_server_logging_settings(self) -> Mapping[str, str]:
        """Return the values of the settings form, const → value, with secrets.

        The framework masks the secrets before it shows them.
        """
        return self.credentials.server_logging_settings

    def update_server_logging_settings(
        self, additional_field_values: Mapping[str, str]
    ) -> Mapping[str, str]:
        """Try `additional_field_values` at the CRM and return the values to store.

        Called before anything is saved, with values that the manifest allows; where it is
        not overridden, `get_user_info` is asked with them instead. Raises
        `CredentialsRejected`, or `InvalidSettings` naming the field, when the CRM
        refuses them; the stored values then stay in force. The framework encrypts and
        stores the returned values, per organization.
        """
        return additional_field_values

    def _not_supported(self, what: str) -> NotSupported:
        return NotSupported(
            f"The {self.display_name} connector does not support {what}."
        )


@cache
def declared_by(connector_class: type[Connector]) -> Platform | None:
    """Return what the manifest beside the class declares, None where there is none."""
    try:
        manifest = load_manifest(connector_class.manifest_path())
    except (OSError, InvalidManifest):
        return None
    return manifest.platforms.get(connector_class.platform)
