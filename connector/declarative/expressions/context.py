"""What the templates of an operation can name."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import Any

import phonenumbers

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
    *("result", "legs", "marker"),
    *("ringSenseTranscript", "ringSenseSummary", "ringSenseAIScore"),
    *("ringSenseBulletedSummary", "ringSenseLink"),
)
MESSAGE = (
    *("contactInfo", "message", "additionalSubmission", "recordingLink", "faxDocLink"),
    *("faxDownloadLink", "imageLink", "videoLink", "creationTime"),
    *("existingMessageLog", "thirdPartyLogId"),
)
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
        "additionalSubmission",
    ),
    "createCallLog": (*CALL, "assignee"),
    "updateCallLog": (*CALL, *UPDATE),
    "getCallLog": ("thirdPartyLogId", "contactId"),
    "findCallLogs": ("marker", "contactInfo"),
    "getLicenseStatus": ("userId",),
    "updateServerLoggingSettings": (),
    "upsertCallDisposition": (*UPDATE, "dispositions"),
    "createMessageLog": MESSAGE,
    "updateMessageLog": MESSAGE,
}
"""Operation → what only it can name. App Connect gives some more than there is here:
those are known, and undefined."""
MEMBERS: Mapping[str, tuple[str, ...]] = {
    "assignee": ("id", "name", "email"),
    "contactInfo": ("id", "phoneNumber", "type", "name"),
    "page": ("number", "offset", "next"),
    "parsedPhoneNumber": ("valid", "number", "countryCode", "regionCode"),
    "user": (
        *("accessToken", "id", "hostname", "timezoneName", "timezoneOffset"),
        *("platform", "platformAdditionalInfo", "refreshToken", "tokenExpiry"),
    ),
}
"""Which members they have, where the list is complete."""
NUMBER_FORMATS = ("input", "e164", "international", "national", "significant")


def who_asks(credentials: Credentials, *, platform: str, secret_key: str) -> Context:
    """Return what every operation can name."""
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
    """Return the key as a Basic user without a password, as App Connect sends it."""
    return b64encode(f"{api_key}:".encode()).decode()


def about_number(phone_number: str) -> Context:
    """Return what is to be searched for, as it was given and parsed."""
    return {
        "phoneNumber": phone_number,
        "parsedPhoneNumber": parsed_number(phone_number),
    }


def parsed_number(phone_number: str) -> Context:
    """Return the number in its formats; as it was given, or its digits, if it is not E.164."""
    try:
        parsed = phonenumbers.parse(phone_number)
    except phonenumbers.NumberParseException:
        same = dict.fromkeys(NUMBER_FORMATS, phone_number)
        digits = re.sub(r"[^0-9]", "", phone_number)
        return {
            "valid": False,
            "number": {**same, "significant": digits or phone_number},
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
        },
        "countryCode": parsed.country_code,
        "regionCode": phonenumbers.region_code_for_number(parsed),
    }


def about_call(call: Call, composed_log_details: str | None) -> Context:
    """Return what a record can be made of, but for whom it belongs to; no text for None."""
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
    }
    if composed_log_details is not None:
        context["composedLogDetails"] = composed_log_details
    if call.recording_url:
        context["recordingLink"] = call.recording_url
        context["callLog"]["recording"] = {"link": call.recording_url}
    if call.voicemail_url:
        context["voicemailLink"] = call.voicemail_url
    return context


def about_contact(contact: Contact) -> Context:
    return {
        "contactInfo": {
            "id": contact.id,
            "phoneNumber": contact.phone_number,
            "type": contact.type,
            "name": contact.name,
        }
    }


def about_owner(owner: CrmUser | None) -> Context:
    """Return the owner as ``assignee``; nothing, so that its members are left out, without."""
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
