"""Trying a document at the real CRM: every operation, and what it returned."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from connector.base import Connector, accepted
from connector.declarative.connector import DeclarativeConnector
from connector.declarative.expressions.context import number_context
from connector.declarative.operations.contacts import numbers_of
from connector.declarative.trial.finding import Finding
from connector.errors import ConnectorError, CredentialsRejected, NotSupported
from connector.types import Call, Contact, CrmUser, Direction, Party

UNUSED_NUMBER = "+12025550100"
"""Reserved for fiction: no contact should have it."""
TRIAL_NAME = "A trial: delete me"
SEARCH_TIMEOUT = timedelta(seconds=5)


def try_operations(
    connector: DeclarativeConnector, *, phone_number: str = "", writes: bool = False
) -> Iterator[Finding]:
    """Run the operations, and yield what each returned.

    Without `writes` nothing in the CRM changes; with it a contact with a number of fiction
    is created, and records of the contact with `phone_number`, or of the new one; they
    stay. Ends where the credentials are refused: a CRM may lock a user after several
    failures.
    """
    for finding in _operations(connector, phone_number, writes):
        yield finding
        if finding.text.startswith(CredentialsRejected.__name__):
            return


def _operations(
    connector: DeclarativeConnector, phone_number: str, writes: bool
) -> Iterator[Finding]:
    users: list[CrmUser] = []
    contacts: list[Contact] = []
    unused: list[Contact] = []

    def verify_settings() -> str:
        settings = connector.credentials.server_logging_settings
        connector.update_server_logging_settings(settings)
        return "credentials accepted."

    def show_user() -> str:
        user = connector.get_user_info()
        return f"{user.name} (id {user.id}), time zone {user.time_zone or 'unknown'}."

    def check_access() -> str:
        connector.check_call_log_access()
        return "these credentials can create records."

    def list_users() -> str:
        users.extend(connector.get_user_list())
        active = sum(user.is_active for user in users)
        mail = sum(bool(user.email) for user in users)
        names = ", ".join(f"{user.name} (id {user.id})" for user in users[:3])
        return f"{len(users)} users, {active} active, {mail} with an email: {names}."

    def show_license() -> str:
        status = connector.get_license_status(users[0].id)
        valid = "valid" if status.is_license_valid else "not valid"
        return f"{users[0].name}: {status.license_status}, {valid}."

    def look_up() -> str:
        contacts.extend(connector.find_contact(phone_number))
        names = ", ".join(f"{c.name} ({c.type} {c.id})" for c in contacts[:3])
        _check_comparison(connector, phone_number, finds_somebody=bool(contacts))
        blank = [contact.id for contact in contacts if not contact.name]
        if blank:
            raise ConnectorError(f"{', '.join(blank[:3])} has no name at namePath.")
        return f"{len(contacts)} with {phone_number}: {names or 'none'}."

    def look_up_unused_number() -> str:
        unused.extend(connector.find_contact(UNUSED_NUMBER))
        if unused and all(contact.name == TRIAL_NAME for contact in unused):
            return f"{len(unused)} with {UNUSED_NUMBER}, from an earlier trial."
        if unused:
            _check_comparison(connector, UNUSED_NUMBER, finds_somebody=True)
        return f"{len(unused)} with {UNUSED_NUMBER}, which no one should have."

    if connector.implements("update_server_logging_settings"):
        yield _try("updateServerLoggingSettings", verify_settings)
    yield _try("getUserInfo", show_user)
    if connector.implements("check_call_log_access"):
        yield _try("checkCallLogAccess", check_access)
    yield _try("getUserList", list_users)
    if users and connector.implements("get_license_status"):
        yield _try("getLicenseStatus", show_license)
    yield _try("findContact", look_up_unused_number)
    if phone_number:
        yield _try("findContact", look_up)
    if not writes:
        return
    owner = next((user for user in users if user.is_active and user.id), None)
    # Of an earlier trial: nothing is written to anybody else with that number.
    trials = [contact for contact in unused if contact.name == TRIAL_NAME]
    if not unused:
        yield _try_contact(connector, owner, trials)
    if trials and connector.implements("find_contact_with_name"):
        yield _try_name(connector, trials[0])
    if contact := next(iter([*contacts, *trials]), None):
        yield from _try_record(connector, contact, owner)
        if owner:
            yield _try_record_without_owner(connector, contact)
    else:
        text = "needs a contact. Add --phone with the number of one."
        yield Finding("createCallLog", text, is_good=False)


def _check_comparison(
    connector: DeclarativeConnector, phone_number: str, *, finds_somebody: bool
) -> None:
    """Raise `ConnectorError` where phonePath leads to other numbers only, or to none."""
    found = [
        (item, mapping.get("item") or {})
        for item, mapping in connector.items(
            "findContact", number_context(phone_number)
        )
    ]
    if found and not finds_somebody:
        advice = "Name every field with a number in phonePath."
        raise ConnectorError(f"{len(found)} found, with another number. {advice}")
    named = {str(paths["phonePath"]) for _, paths in found if paths.get("phonePath")}
    if named and not any(any(numbers_of(paths, item)) for item, paths in found):
        where = ", ".join(sorted(named))
        raise ConnectorError(
            f"{len(found)} found, without a number at phonePath ({where}), so nothing "
            "is compared."
        )


def _try_contact(
    connector: Connector, owner: CrmUser | None, created: list[Contact]
) -> Finding:
    """Create the contact of the unused number, which then is found by it."""

    def find() -> list[str]:
        return [contact.id for contact in connector.find_contact(UNUSED_NUMBER)]

    def create() -> str:
        options = accepted(connector.create_contact, owner=owner)
        contact = connector.create_contact(UNUSED_NUMBER, name=TRIAL_NAME, **options)
        created.append(contact)
        found = _search(connector, find, contact.id)
        if found != [contact.id]:
            raise ConnectorError(f"its number finds {found or 'nothing'}.")
        return (
            f"{contact.type} {contact.id}, found by its number; delete it in the CRM."
        )

    return _try("createContact", create)


def _try_name(connector: Connector, contact: Contact) -> Finding:
    def find_by_name() -> str:
        found = [c.id for c in connector.find_contact_with_name(TRIAL_NAME)]
        if contact.id not in found:
            raise ConnectorError(f"{TRIAL_NAME!r} finds {found or 'nothing'}.")
        return f"{len(found)} with the name {TRIAL_NAME!r}."

    return _try("findContactWithName", find_by_name)


def _search(
    connector: Connector, find: Callable[[], list[str]], expected: str
) -> list[str]:
    """Return the ids that are found, once they are as expected or the time is over."""
    wait = connector.search_lag + SEARCH_TIMEOUT
    deadline = time.monotonic() + wait.total_seconds()
    found = find()
    while found != [expected] and time.monotonic() < deadline:
        time.sleep(1)  # the CRM's index lags
        found = find()
    return found


def _try_record(
    connector: Connector, contact: Contact, owner: CrmUser | None
) -> Iterator[Finding]:
    call = _call(contact)
    log_ids: list[str] = []
    sent = ["first words"]

    def create() -> str:
        log_ids.append(_create(connector, call, contact, owner))
        to = f"owner {owner.name} (id {owner.id})" if owner else "no owner"
        return f"record {log_ids[0]} for {contact.name}, {to}; delete it in the CRM."

    def find_record() -> str:
        find = partial(connector.find_call_logs, call.marker, contact=contact)
        found = _search(connector, find, log_ids[0])
        if found != log_ids:
            raise ConnectorError(f"the marker finds {found or 'nothing'}.")
        return "the marker finds this record only."

    def update() -> str:
        longer = replace(call, duration_seconds=120)
        text = "A trial: last words.\n"
        connector.update_call_log(log_ids[0], longer, composed_log_details=text)
        sent.append("last words")
        return "accepted."

    def read() -> str:
        options = accepted(connector.get_call_log, contact=contact)
        record = connector.get_call_log(log_ids[0], **options)
        if record is None or sent[-1] not in record.full_body:
            found = record.full_body if record else ""
            text = "not what was sent" if found else "empty"
            raise ConnectorError(f"the text at fullBodyPath is {text}.")
        subject = f"subject {record.subject}" if record.subject else "no subject"
        return f"the record has the text that was sent, {subject}."

    yield _try("createCallLog", create)
    if log_ids:
        yield _try("findCallLogs", find_record)
        yield _try("updateCallLog", update)
        yield _try("getCallLog", read)


def _try_record_without_owner(connector: Connector, contact: Contact) -> Finding:
    def create() -> str:
        log_id = _create(connector, _call(contact), contact, None)
        return f"record {log_id} without owner; delete it in the CRM."

    return _try("createCallLog", create)


def _create(
    connector: Connector, call: Call, contact: Contact, owner: CrmUser | None
) -> str:
    return connector.create_call_log(
        call,
        contact=contact,
        owner=owner,
        composed_log_details="A trial: first words.\n",
    )


def _try(operation: str, attempt: Callable[[], str]) -> Finding:
    try:
        return Finding(operation, attempt())
    except NotSupported as error:
        return Finding(operation, f"{error}")
    except ConnectorError as error:
        kind = type(error).__name__
        return Finding(operation, f"{kind}: {error.full_message}", is_good=False)


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
