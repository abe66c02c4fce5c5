"""Whose call a client means, and the record of that call."""

from collections.abc import Mapping
from typing import Any

from rest_framework.request import Request

from appconnect.api.base.exceptions import Refusal
from appconnect.api.base.fields import NO_SESSION, text_of
from appconnect.api.base.views import is_admin_of_settings
from appconnect.calls.client.client_log import of_extension
from appconnect.calls.client.queries import logged_records
from appconnect.calls.models import CrmRecord
from appconnect.organizations.client.client_hash import client_hash
from appconnect.organizations.models import CrmSession

SERVICE = "SSCL"
"""How App Connect's logging service calls itself."""
OTHERS_CALL = (
    "This session can log only its own user's calls. Save the server-side logging settings "
    "as the user whose session logs everyone's calls, then log the call again."
)


def is_from_service(request: Request) -> bool:
    """Return whether the caller says it is App Connect's logging service, which grants nothing."""
    return request.headers.get("User-Agent") == SERVICE


def extension_to_log(
    request: Request, session: CrmSession, members: Mapping[str, Any]
) -> str:
    """Return the id of the extension whose call a client logs or updates.

    Refuses a logging service another person's call, unless it works in the session of
    the settings' admin: it would be logged as a call of the person whose session it is.
    """
    extension_id = extension_of(session, members)
    if is_from_service(request) and extension_id != named_extension(session, members):
        raise Refusal(OTHERS_CALL)
    return extension_id


def extension_of(session: CrmSession, members: Mapping[str, Any]) -> str:
    """Return the id of the extension whose call a client means: its own person's.

    Only the settings' admin, in whose session a logging service logs everybody's calls,
    may name another: by its id, a hash of it, or its number. Empty for one that is not in
    the organization's directory.
    """
    if session.extension_id and not is_admin_of_settings(session):
        return session.extension_id
    return named_extension(session, members)


def named_extension(session: CrmSession, members: Mapping[str, Any]) -> str:
    """Return the id of the extension that a client names: its own where it names none."""
    if extension_id := text_of(members, "rcExtensionId"):
        return extension_id[:40]
    if hashed := text_of(members, "hashedExtensionId"):
        if hashed == client_hash(session.extension_id):
            return session.extension_id
        ids = session.organization.extensions.values_list("extension_id", flat=True)
        return next((pk for pk in ids if client_hash(pk) == hashed), "")
    if number := text_of(members, "extensionNumber"):
        extensions = session.organization.extensions.filter(
            extension_number=number[:20]
        )
        # Of those who had the number one after the other, the one who has it now.
        extensions = extensions.order_by("-is_enabled", "pk")
        return extensions.values_list("extension_id", flat=True).first() or ""
    return session.extension_id


def find_crm_record(
    session: CrmSession, session_id: str, extension_id: str
) -> CrmRecord | None:
    """Return the record of a call of an extension, where there is one in the CRM."""
    if session_id in ("", NO_SESSION):
        return None
    records = logged_records(session.organization, session_id[:40])
    return of_extension(records, extension_id)
