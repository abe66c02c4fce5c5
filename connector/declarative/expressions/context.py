"""The names that the templates of an operation can use, and their values."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import Any

import phonenumbers

from connector.phone_numbers import search_text
from connector.types import Call, Contact, Credentials, CrmUser, Party

Context = dict[str, Any]

EVERYWHERE = (
    *("user", "apiKey", "authHeader", "secretKey", "clientId", "clientSecret"),
    *("hostname", "platform", "settings", "additionalInfo", "session", "steps"),
    *("page", "isFromSSCL", "hashedAccountId", "proxyConfig", "$"),
)
CALL = (
    *("contactInfo", "callLog", "note", "additionalSubmission", "aiNote", "transcript"),
    *("voicemailLink", "voicemailMessageId", "composedLogDetails", "subject"),
    *("startTime", "endTime", "recordingLink", "recordingDownloadLink", "duration"),
    *("result", "legs", "marker", "timeZone"),
    *("ringSenseTranscript", "ringSenseSummary", "ringSenseAIScore"),
    *("ringSenseBulletedSummary", "ringSenseLink"),
)
MESSAGE = (
    *("contactInfo", "message", "additionalSubmission", "recordingLink", "faxDocLink"),
    *("faxDownloadLink", "imageLink", "videoLink", "creationTime"),
    *("existingMessageLog", "thirdPartyLogId"),
)
CHANGING = (
    *("startTime", "endTime", "duration", "result"),
    *("recordingLink", "voicemailLink"),
)
"""The values of a call that an update may bring."""
UPDATE = ("thirdPartyLogId", "existingCallLog", "existingCallLogDetails")
INPUTS: Mapping[str, tuple[str, ...]] = {
    "signIn": (),
    "getUserInfo": ("userEmail",),
    "getUserList": (),
    "unAuthorize": (),
    "findContact": (
        *("phoneNumber", "parsedPhoneNumber", "overridingFormat", "isExtension"),
    ),
    "findContactWithName": ("name",),
    "createContact": (
        *("phoneNumber", "parsedPhoneNumber", "newContactName", "newContactType"),
        *("additionalSubmission", "assignee"),
    ),
    "checkCallLogAccess": (),
    "createCallLog": (*CALL, "assignee"),
    "updateCallLog": (*CALL, *UPDATE, "previous", "changed"),
    "getCallLog": ("thirdPartyLogId", "contactId", "contactInfo"),
    "findCallLogs": ("marker", "contactInfo"),
    "getLicenseStatus": ("userId",),
    "updateServerLoggingSettings": (),
    "upsertCallDisposition": (*UPDATE, "dispositions"),
    "createMessageLog": MESSAGE,
    "updateMessageLog": MESSAGE,
}
"""Operation → the names that only it can use. Some are App Connect's only: they are
valid, and undefined."""
MEMBERS: Mapping[str, tuple[str, ...]] = {
    "assignee": ("id", "name", "email"),
    "changed": CHANGING,
    "contactInfo": ("id", "phoneNumber", "type", "name"),
    "page": ("number", "offset", "next"),
    "parsedPhoneNumber": ("valid", "number", "countryCode", "regionCode"),
    "previous": CHANGING,
    "user": (
        *("accessToken", "id", "hostname", "timezoneName", "timezoneOffset"),
        *("platform", "platformAdditionalInfo", "refreshToken", "tokenExpiry"),
    ),
}
"""The members of a name, where the list is complete."""
NUMBER_FORMATS = ("input", "e164", "international", "national", "significant")


def credentials_context(
    credentials: Credentials, *, platform: str, secret_key: str
) -> Context:
    """Return the values that every operation can use."""
    token, settings = credentials.access_token, credentials.server_logging_settings
    return {
        "user": {
            "accessToken": token,
            "hostname": credentials.hostname,
            "platform": platform,
            "platformAdditionalInfo": settings,
        },
        "apiKey": token,
        "authHeader": f"Basic {basic_auth(token)}",
        "secretKey": secret_key or credentials.client_secret,
        "clientId": credentials.client_id,
        "clientSecret": credentials.client_secret,
        "hostname": credentials.hostname,
        "platform": platform,
        "settings": settings,
        "additionalInfo": settings,
        "isFromSSCL": True,
    }


def basic_auth(api_key: str) -> str:
    """Return the key as a Basic user without password, as App Connect sends it."""
    return b64encode(f"{api_key}:".encode()).decode()


def number_context(phone_number: str) -> Context:
    """Return the number to search, as it was given and parsed."""
    return {
        "phoneNumber": phone_number,
        "parsedPhoneNumber": parsed_number(phone_number),
    }


def parsed_number(phone_number: str) -> Context:
    """Return the number in all formats; as given, or its digits, where it is not E.164.

    ``searchText`` is for a CRM that finds a part of what people typed.
    """
    search = {"searchText": search_text(phone_number)}
    try:
        parsed = phonenumbers.parse(phone_number)
    except phonenumbers.NumberParseException:
        same = dict.fromkeys(NUMBER_FORMATS, phone_number)
        digits = re.sub(r"[^0-9]", "", phone_number)
        return {
            "valid": False,
            "number": {**same, **search, "significant": digits or phone_number},
            "countryCode": None,
            "regionCode": None,
        }
    formats = phonenumbers.PhoneNumberFormat

    def written(form: int) -> str:
        return str(phonenumbers.format_number(parsed, form))

    return {
        "valid": phonenumbers.is_valid_number(parsed),
        "number": {
            "input": phone_number,
            "e164": written(formats.E164),
            "international": written(formats.INTERNATIONAL),
            "national": written(formats.NATIONAL),
            "significant": phonenumbers.national_significant_number(parsed),
            **search,
        },
        "countryCode": parsed.country_code,
        "regionCode": phonenumbers.region_code_for_number(parsed),
    }


def call_context(call: Call, composed_log_details: str | None) -> Context:
    """Return the values of a call; without ``composedLogDetails`` where that is None."""
    start = call.started_at.astimezone(UTC)
    context: Context = {
        "callLog": {
            "id": call.telephony_session_id,
            "sessionId": call.session_id,
            "telephonySessionId": call.telephony_session_id,
            "direction": call.direction.value,
            "from": _party(call.caller),
            "to": _party(call.callee),
            "startTime": _iso(start),
            "duration": call.logged_seconds,
            "durationMs": call.logged_seconds * 1000,
            "result": call.result,
        },
        "note": "",
        "startTime": _iso(start),
        "endTime": _iso(start + timedelta(seconds=call.duration_seconds)),
        "duration": call.logged_seconds,
        "result": call.result,
        "marker": call.marker,
        "timeZone": call.time_zone,
    }
    if composed_log_details is not None:
        context["composedLogDetails"] = composed_log_details
    if call.recording_url:
        context["recordingLink"] = call.recording_url
        context["callLog"]["recording"] = {"link": call.recording_url}
    if call.voicemail_url:
        context["voicemailLink"] = call.voicemail_url
    return context


def update_context(call: Call) -> Context:
    """Return the values that the record was last given, and those that are new."""
    values = call_context(call, None)
    before = call_context(call.previous, None) if call.previous else {}
    return {
        "previous": {name: before[name] for name in CHANGING if name in before},
        "changed": {
            name: values[name]
            for name in CHANGING
            if name in values and values[name] != before.get(name)
        },
    }


def contact_context(contact: Contact) -> Context:
    return {
        "contactInfo": {
            "id": contact.id,
            "phoneNumber": contact.phone_number,
            "type": contact.type,
            "name": contact.name,
        }
    }


def owner_context(owner: CrmUser | None) -> Context:
    """Return the owner as ``assignee``; empty without one, so that its members are left out."""
    if owner is None:
        return {}
    assignee = {"id": owner.id, "name": owner.name}
    return {"assignee": {**assignee, **({"email": owner.email} if owner.email else {})}}


def _party(party: Party) -> Context:
    members = {
        "phoneNumber": party.phone_number,
        "extensionNumber": party.extension_number,
        "extensionId": party.extension_id,
        "name": party.name,
    }
    return {name: value for name, value in members.items() if value}


def _iso(time: Any) -> str:
    return str(time.isoformat(timespec="milliseconds").replace("+00:00", "Z"))
