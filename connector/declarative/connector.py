"""The connector that a document describes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from connector.declarative.documents.document import SIGN_IN
from connector.declarative.expressions.context import (
    Context,
    call_context,
    contact_context,
    number_context,
    owner_context,
    update_context,
)
from connector.declarative.expressions.mapping import has_parent, text_at
from connector.declarative.expressions.template import evaluate, truth
from connector.declarative.operations.contacts import read_contact
from connector.declarative.operations.outcomes import NothingFound
from connector.declarative.operations.runner import DocumentRunner
from connector.errors import PermanentError, TemporaryError
from connector.types import (
    Call,
    CallLogInfo,
    Contact,
    CrmUser,
    LicenseStatus,
    LogFormatType,
    UserInfo,
)

OPERATIONS = {
    "find_contact": "findContact",
    "find_contact_with_name": "findContactWithName",
    "create_contact": "createContact",
    "check_call_log_access": "checkCallLogAccess",
    "create_call_log": "createCallLog",
    "update_call_log": "updateCallLog",
    "get_call_log": "getCallLog",
    "find_call_logs": "findCallLogs",
    "get_user_info": "getUserInfo",
    "get_user_list": "getUserList",
    "get_license_status": "getLicenseStatus",
}
"""Interface → operation of the document."""
VERIFY_SETTINGS = "updateServerLoggingSettings"


class DeclarativeConnector(DocumentRunner):
    """Implements each interface by the document's operation."""

    @classmethod
    def manifest_path(cls) -> Path:
        return cls.document.manifest_path

    @classmethod
    def implements(cls, interface: str) -> bool:
        operations = cls.document.operations
        match interface:
            case "update_server_logging_settings":
                return bool({VERIFY_SETTINGS, SIGN_IN} & set(operations))
            case "get_oauth_info" | "exchange_code":
                return cls.document.is_oauth
            case "get_basic_auth":
                return not cls.document.is_oauth
            case _ if interface in OPERATIONS:
                return OPERATIONS[interface] in operations
        return super().implements(interface)

    def get_user_info(self) -> UserInfo:
        scope = self.run("getUserInfo", {})
        mapping = self.document.operations["getUserInfo"].mapping
        user_id = self._id_at(mapping, "body.id", scope)
        return UserInfo(
            id=user_id,
            name=text_at(mapping, "namePath", "", scope) or user_id,
            time_zone=text_at(mapping, "timezoneNamePath", "", scope),
        )

    # Contacts

    def find_contact(self, phone_number: str) -> list[Contact]:
        found = self.items("findContact", number_context(phone_number))
        contacts = self._contacts(found, phone_number)
        return list({(c.type, c.id): c for c in contacts}.values())

    def find_contact_with_name(self, name: str) -> list[Contact]:
        found = self.items("findContactWithName", {"name": name})
        return list(self._contacts(found, ""))

    def _contacts(
        self, found: Iterable[tuple[Any, Mapping[str, Any]]], phone_number: str
    ) -> Iterator[Contact]:
        for item, mapping in found:
            paths = mapping.get("item") or {}
            contact_id = self._id_at(paths, "id", item)
            if contact := read_contact(
                paths, item, phone_number, contact_id=contact_id, region=self.region
            ):
                yield contact

    def create_contact(
        self,
        phone_number: str,
        *,
        name: str,
        contact_type: str = "",
        owner: CrmUser | None = None,
    ) -> Contact:
        contact_id, scope = self.create(
            "createContact",
            {
                **number_context(phone_number),
                **owner_context(owner),
                "newContactName": name,
                "newContactType": contact_type,
                "additionalSubmission": self.credentials.server_logging_settings,
            },
        )
        mapping = self.document.operations["createContact"].mapping
        return Contact(
            id=contact_id,
            name=text_at(mapping, "namePath", "body.name", scope) or name,
            type=mapping.get("type")
            or text_at(mapping, "typePath", "body.type", scope)
            or contact_type
            or "Contact",
            phone_number=phone_number,
        )

    # Call records

    def check_call_log_access(self) -> None:
        self.run("checkCallLogAccess", {})

    def create_call_log(
        self,
        call: Call,
        *,
        contact: Contact,
        owner: CrmUser | None,
        composed_log_details: str,
    ) -> str:
        log_id, _ = self.create(
            "createCallLog",
            {
                **self._call_context(call, composed_log_details),
                **contact_context(contact),
                **owner_context(owner),
                "subject": call.subject(contact),
            },
        )
        return log_id

    def update_call_log(
        self, log_id: str, call: Call, *, composed_log_details: str | None
    ) -> None:
        """Run ``updateCallLog``; `subject` is defined only where a person chose a new one."""
        context = self._call_context(call, composed_log_details) | update_context(call)
        if call.custom_subject:
            context["subject"] = call.custom_subject
        if context["changed"] or {"subject", "composedLogDetails"} & context.keys():
            self.run("updateCallLog", {**context, "thirdPartyLogId": log_id})

    def _call_context(self, call: Call, composed_log_details: str | None) -> Context:
        settings = self.credentials.server_logging_settings
        context = call_context(call, composed_log_details)
        return {**context, "additionalSubmission": settings}

    def get_call_log(
        self, log_id: str, *, contact: Contact | None = None
    ) -> CallLogInfo | None:
        inputs: Context = {"thirdPartyLogId": log_id}
        if contact is not None:
            inputs |= {**contact_context(contact), "contactId": contact.id}
        try:
            scope = self.run("getCallLog", inputs)
        except NothingFound:
            return None
        mapping = self.document.operations["getCallLog"].mapping
        path = mapping.get("fullBodyPath", "body.note")
        if not has_parent(path, scope):
            raise TemporaryError(f"{self.display_name} gave no record at {path}.")
        return CallLogInfo(
            subject=text_at(mapping, "subjectPath", "body.subject", scope),
            note=text_at(mapping, "notePath", "body.note", scope),
            full_body=text_at(mapping, "fullBodyPath", "body.note", scope),
        )

    def find_call_logs(self, marker: str, *, contact: Contact) -> list[str]:
        if "findCallLogs" not in self.document.operations:
            raise self._not_supported("looking up call logs")
        about = {"marker": marker, **contact_context(contact)}
        return [
            self._id_at(mapping, "id", item)
            for item, mapping in self.items("findCallLogs", about)
            if "textPath" not in mapping
            or marker in text_at(mapping, "textPath", "", item)
        ]

    def get_log_format_type(self) -> LogFormatType:
        name = self.document.raw["meta"].get("logFormat", LogFormatType.PLAIN_TEXT)
        names = {kind.value for kind in LogFormatType}
        return LogFormatType(name) if name in names else LogFormatType.CUSTOM

    # Server-side logging

    def get_user_list(self) -> list[CrmUser]:
        if "getUserList" not in self.document.operations:
            raise self._not_supported("a user list")
        items = list(self.items("getUserList", {}))
        if items and not any(text_at(m, "idPath", "id", item) for item, m in items):
            item, mapping = items[0]
            self._id_at(mapping, "id", item)
        users = [
            CrmUser(
                # One user without an id is left out by the framework, which names them.
                id=text_at(mapping, "idPath", "id", item),
                name=text_at(mapping, "namePath", "name", item),
                email=text_at(mapping, "emailPath", "email", item),
                is_active="isActivePath" not in mapping
                or truth(evaluate(mapping["isActivePath"], item)),
            )
            for item, mapping in items
        ]
        return list({u.id or index: u for index, u in enumerate(users)}.values())

    def get_license_status(self, user_id: str) -> LicenseStatus:
        scope = self.run("getLicenseStatus", {"userId": user_id})
        mapping = self.document.operations["getLicenseStatus"].mapping
        path = mapping.get("isLicenseValidPath", "body.isLicenseValid")
        is_valid = truth(evaluate(path, scope))
        status = text_at(mapping, "licenseStatusPath", "body.licenseStatus", scope)
        return LicenseStatus(
            is_license_valid=is_valid,
            license_status=status or ("Valid" if is_valid else "Invalid"),
            license_status_description=text_at(
                mapping,
                "licenseStatusDescriptionPath",
                "body.licenseStatusDescription",
                scope,
            ),
        )

    def update_server_logging_settings(
        self, additional_field_values: Mapping[str, str]
    ) -> Mapping[str, str]:
        credentials = replace(
            self.credentials, server_logging_settings=additional_field_values
        )
        signs_in = SIGN_IN in self.document.operations  # with the new settings
        keeper = None if signs_in else self.sign_in_keeper
        trial = type(self)(credentials, session=self.session, sign_in_keeper=keeper)
        if VERIFY_SETTINGS in self.document.operations:
            trial.run(VERIFY_SETTINGS, {})
        elif signs_in:
            trial.sign_in({})
        return additional_field_values

    def _id_at(self, mapping: Mapping[str, Any], default: str, scope: Any) -> str:
        text = text_at(mapping, "idPath", default, scope)
        if not text:
            path = mapping.get("idPath", default)
            raise PermanentError(f"{self.display_name} gave no id at {path}.")
        return text
