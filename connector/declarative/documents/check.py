"""Trying a document at the real CRM: every operation, and what it returned."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from connector.base import Connector
from connector.declarative.documents.document import Document
from connector.errors import ConnectorError, CredentialsRejected, NotSupported
from connector.manifest import AdditionalField, Platform
from connector.types import Call, Contact, Credentials, CrmUser, Direction, Party

UNUSED_NUMBER = "+12025550100"
"""Reserved for fiction: no contact should have it."""
SEARCH_TIMEOUT = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one operation returned, as a text; `is_good` is False where it failed."""

    operation: str
    text: str
    is_good: bool = True


def find_gaps(document: Document) -> Iterator[Finding]:
    """Yield each operation that the document does not have, and what does not work then."""
    platform = document.platform
    logging = platform.server_side_logging
    required = {
        "getUserInfo": "nobody can connect their CRM session",
        "findContact": "no contact is found",
        "createCallLog": "no call is logged",
        "updateCallLog": "what is known later, such as a recording, is not added",
    }
    if logging and logging.enable_user_mapping:
        required["getUserList"] = "the manifest enables user mapping"
    if platform.use_license:
        required["getLicenseStatus"] = "the manifest says useLicense"
    optional = {
        "findCallLogs": "a record of unknown outcome goes to a person",
        "getCallLog": "what people write into a record is not seen",
    }
    for operation, effect in required.items():
        if operation not in document.operations:
            yield Finding(operation, f"is missing: {effect}.", is_good=False)
    for operation, effect in optional.items():
        if operation not in document.operations:
            yield Finding(operation, f"is missing: {effect}.")


def read_credentials(
    platform: Platform,
    *,
    hostname: str,
    settings: Mapping[str, str],
    environ: Mapping[str, str],
    ask: Callable[[str], str],
) -> Credentials:
    """Return credentials: from `settings`, `environ` or a field's default, else by `ask`.

    A field's variable is ``CRM_`` with its const, such as CRM_API_PASSWORD for
    apiPassword; the admin's own API key or token is CRM_ACCESS_TOKEN.
    """
    logging = platform.server_side_logging
    fields = logging.additional_fields if logging else ()
    values = {
        field.const: _value(field, settings, environ, ask)
        for field in fields
        if not field.is_display_only
    }
    token = environ.get("CRM_ACCESS_TOKEN", "")
    if not token and not (logging and logging.uses_service_account):
        token = ask("API key or access token")
    return Credentials(
        hostname=hostname,
        access_token=token,
        server_logging_settings={k: v for k, v in values.items() if v},
        client_id=environ.get("CRM_CLIENT_ID", ""),
        client_secret=environ.get("CRM_CLIENT_SECRET", ""),
    )


def variable_of(field: AdditionalField) -> str:
    """Return the name of the environment variable that a field's value is taken from."""
    return "CRM_" + re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", field.const).upper()


def _value(
    field: AdditionalField,
    settings: Mapping[str, str],
    environ: Mapping[str, str],
    ask: Callable[[str], str],
) -> str:
    given = settings.get(field.const) or environ.get(variable_of(field), "")
    given = given or field.default
    return ask(field.title) if not given and field.required else given


def try_operations(
    connector: Connector, *, phone_number: str = "", writes: bool = False
) -> Iterator[Finding]:
    """Run the operations, and yield what each returned.

    Without `writes` nothing in the CRM changes; with it a record is created for the
    contact with `phone_number`, and stays. Ends where the credentials are refused: a CRM
    may lock a user after several failures.
    """
    for finding in _operations(connector, phone_number, writes):
        yield finding
        if finding.text.startswith(CredentialsRejected.__name__):
            return


def _operations(
    connector: Connector, phone_number: str, writes: bool
) -> Iterator[Finding]:
    settings = connector.credentials.server_logging_settings
    users: list[CrmUser] = []
    contacts: list[Contact] = []

    def verify_settings() -> str:
        connector.update_server_logging_settings(settings)
        return "the credentials are accepted."

    def show_user() -> str:
        user = connector.get_user_info()
        return f"{user.name} (id {user.id}), time zone {user.time_zone or 'not told'}."

    def list_users() -> str:
        users.extend(connector.get_user_list())
        active = sum(user.is_active for user in users)
        mail = sum(bool(user.email) for user in users)
        names = ", ".join(f"{user.name} (id {user.id})" for user in users[:3])
        return f"{len(users)} users, {active} active, {mail} with an e-mail: {names}."

    def show_license() -> str:
        status = connector.get_license_status(users[0].id)
        valid = "valid" if status.is_license_valid else "not valid"
        return f"{users[0].name}: {status.license_status}, {valid}."

    def look_up() -> str:
        contacts.extend(connector.find_contact(phone_number))
        names = ", ".join(f"{c.name} ({c.type} {c.id})" for c in contacts[:3])
        return f"{len(contacts)} with {phone_number}: {names or 'nobody'}."

    def look_up_unused_number() -> str:
        count = len(connector.find_contact(UNUSED_NUMBER))
        return f"{count} with {UNUSED_NUMBER}, which nobody should have."

    if connector.implements("update_server_logging_settings"):
        yield _try("updateServerLoggingSettings", verify_settings)
    yield _try("getUserInfo", show_user)
    yield _try("getUserList", list_users)
    if users:
        yield _try("getLicenseStatus", show_license)
    yield _try("findContact", look_up_unused_number)
    if phone_number:
        yield _try("findContact", look_up)
    if writes and contacts:
        yield from _try_record(connector, contacts[0], next(iter(users), None))
    elif writes:
        text = "needs a contact: give the number of one."
        yield Finding("createCallLog", text, is_good=False)


def _try_record(
    connector: Connector, contact: Contact, owner: CrmUser | None
) -> Iterator[Finding]:
    call = _call(contact)
    log_ids: list[str] = []

    def create() -> str:
        log_ids.append(
            connector.create_call_log(
                call,
                contact=contact,
                owner=owner,
                composed_log_details="A trial: first words.\n",
            )
        )
        to = f"owner {owner.name} (id {owner.id})" if owner else "no owner"
        return f"record {log_ids[0]} for {contact.name}, {to}; delete it in the CRM."

    def find() -> str:
        deadline = (
            time.monotonic() + (connector.search_lag + SEARCH_TIMEOUT).total_seconds()
        )
        found_ids = connector.find_call_logs(call.marker, contact=contact)
        while found_ids != log_ids and time.monotonic() < deadline:
            time.sleep(1)  # the CRM's index lags
            found_ids = connector.find_call_logs(call.marker, contact=contact)
        if found_ids != log_ids:
            raise ConnectorError(f"the marker finds {found_ids or 'nothing'}.")
        return "the marker finds the record, and no other."

    def update() -> str:
        longer = replace(call, duration_seconds=120)
        text = "A trial: last words.\n"
        connector.update_call_log(log_ids[0], longer, composed_log_details=text)
        return "accepted."

    def read() -> str:
        record = connector.get_call_log(log_ids[0])
        if record is None or "last words" not in record.full_body:
            raise ConnectorError("the record is not what the update made it.")
        return f"the record has the new text; its subject is {record.subject}."

    yield _try("createCallLog", create)
    if log_ids:
        yield _try("findCallLogs", find)
        yield _try("updateCallLog", update)
        yield _try("getCallLog", read)


def _try(operation: str, attempt: Callable[[], str]) -> Finding:
    try:
        return Finding(operation, attempt())
    except NotSupported:
        return Finding(operation, "is not in the document.")
    except ConnectorError as error:
        kind = type(error).__name__
        return Finding(operation, f"{kind}: {error}", is_good=False)


def _call(contact: Contact) -> Call:
    unique = uuid.uuid4().hex
    return Call(
        telephony_session_id=f"s-{unique}",
        session_id=unique[:12],
        direction=Direction.INBOUND,
        caller=Party(phone_number=contact.phone_number, name=contact.name),
        callee=Party(extension_number="101", name="A trial"),
        started_at=datetime.now(UTC).replace(microsecond=0),
        duration_seconds=60,
        result="Accepted",
        marker=f"rc:trial-{unique}",
    )
