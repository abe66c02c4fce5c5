"""What a valid document does not have, or would do without anyone's notice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connector.declarative.documents.document import LISTING, SIGN_IN, Document
from connector.declarative.expressions.template import expressions_in, texts_in
from connector.declarative.operations.outcomes import NothingFound, judge_by
from connector.declarative.trial.finding import Finding
from connector.errors import PermanentError
from connector.http import Reply
from connector.manifest import unknown_places

ERROR_BODY: Any = {
    "error": {"code": "failed", "message": "It failed."},
    "errors": [{"code": "failed", "message": "It failed."}],
    "message": "It failed.",
    "status": "error",
    "success": False,
}
FAILURES = tuple(
    Reply(status, {}, body)
    for status, body in (
        *((status, ERROR_BODY) for status in (200, 400, 401, 403, 429, 500, 503)),
        *((status, None) for status in (400, 429, 500, 503)),
    )
)
"""Replies that never mean that there is nothing."""


SEARCH_TERMS = {
    "findContact": ("phoneNumber", "parsedPhoneNumber"),
    "findCallLogs": ("marker", "contactInfo"),
}
"""What a search must name, one of these."""


def find_gaps(document: Document) -> Iterator[Finding]:
    """Yield what the document lacks and what works otherwise than it may seem."""
    yield from _missing_operations(document)
    yield from _missing_proof(document)
    yield from _failures_for_nothing(document)
    yield from _searches_for_nothing(document)
    yield from _numbers_not_compared(document)
    yield from _pages_never_turned(document)
    yield from _paths_into_the_reply(document)
    yield from _addresses(document)
    yield from _fields_without_value(document)
    yield from _key_of_nobody(document)


def _missing_operations(document: Document) -> Iterator[Finding]:
    platform = document.platform
    logging = platform.server_side_logging
    required = {
        "getUserInfo": "no one can connect a CRM session",
        "findContact": "no contacts are found",
        "createCallLog": "no calls are logged",
        "updateCallLog": "later details, such as a recording, are not added",
    }
    if logging and logging.enable_user_mapping:
        required["getUserList"] = "the manifest enables user mapping"
    if platform.use_license:
        required["getLicenseStatus"] = "the manifest says useLicense"
    optional = {
        "findCallLogs": "a person decides about records with an unknown outcome",
        "getCallLog": "what people write in a record is not read",
        "createContact": "no placeholders are created for unknown numbers",
    }
    for operation, effect in required.items():
        if operation not in document.operations:
            yield Finding(operation, f"missing: {effect}.", is_good=False)
    for operation, effect in optional.items():
        if operation not in document.operations:
            yield Finding(operation, f"missing: {effect}.")


def _missing_proof(document: Document) -> Iterator[Finding]:
    proofs = {SIGN_IN, "updateServerLoggingSettings"}
    if proofs & set(document.operations) or document.is_oauth:
        return
    text = "tests new settings before they are saved, so it must fail with wrong ones."
    yield Finding("getUserInfo", text)


def _failures_for_nothing(document: Document) -> Iterator[Finding]:
    for name in LISTING:
        operation = document.operations.get(name)
        rules = [request.rules for request in operation.requests] if operation else []
        for reply in FAILURES:
            is_error = reply.status >= 400
            error = PermanentError("refused") if is_error else None
            outcomes = [
                judge_by(own, {}, crm=document.name, creates=False)(reply, error)
                for own in rules
            ]
            if any(
                isinstance(outcome, NothingFound) or (is_error and outcome is None)
                for outcome in outcomes
            ):
                body = "with an error in its body" if reply.json else "without a body"
                text = f"a rule treats HTTP {reply.status} {body} as an empty list."
                yield Finding(name, text, is_good=False)
                break


def _searches_for_nothing(document: Document) -> Iterator[Finding]:
    for name, terms in SEARCH_TERMS.items():
        operation = document.operations.get(name)
        if operation is None:
            continue
        templates = [[r.url, r.headers, r.query, r.body] for r in operation.requests]
        roots = {names[0] for names in _names_in(templates)}
        if not roots & set(terms):
            text = f"uses neither {' nor '.join(terms)}, so it finds everything."
            yield Finding(name, text, is_good=False)


def _numbers_not_compared(document: Document) -> Iterator[Finding]:
    operation = document.operations.get("findContact")
    for request in operation.requests if operation else ():
        mapping = operation.mapping_of(request) if operation else None
        if mapping is None:
            continue
        path = mapping.get("item", {}).get("phonePath")
        if path is None:
            text = (
                "no phonePath: contacts are accepted without comparing their number, "
                "unless it is in their member phone."
            )
            yield Finding("findContact", text)
        elif isinstance(path, str) and "|" in path and "default" in path:
            text = (
                f"phonePath {path} compares the first number only. Use a list of paths "
                "to compare all of them."
            )
            yield Finding("findContact", text, is_good=False)


def _pages_never_turned(document: Document) -> Iterator[Finding]:
    for operation in document.operations.values():
        for request in operation.requests:
            if "nextPath" in request.paging:
                names = ["next"]
            elif "counted" in request.paging:
                names = ["number", "offset"]
            else:
                continue
            sent = [request.url, request.headers, request.query, request.body]
            if not {("page", name) for name in names} & _names_in(sent):
                values = " or ".join(f"page.{name}" for name in names)
                text = f"the request doesn't use {values}, so every page would be the first."
                at = f"{request.at.removeprefix('operations.')}.paging"
                yield Finding(at, text, is_good=False)


def _paths_into_the_reply(document: Document) -> Iterator[Finding]:
    """Yield each path of an item that begins at the body, as listPath does."""
    for name in LISTING:
        operation = document.operations.get(name)
        if operation is None:
            continue
        paths = [
            path
            for request in operation.requests
            for member, mapped in (operation.mapping_of(request) or {}).items()
            if member != "listPath"
            for _, path in texts_in(mapped)
        ]
        for path in dict.fromkeys(paths):
            if path.startswith("body."):
                own = path.removeprefix("body.")
                text = f"{path} is read from each item of the list. Did you mean {own}?"
                yield Finding(name, text)


def _addresses(document: Document) -> Iterator[Finding]:
    platform, auth = document.platform, document.auth
    for member in ("authorizationUrl", "tokenUrl"):
        if document.is_oauth and not auth.get(member):
            text = "missing: no one can connect a CRM session."
            yield Finding(f"auth.{member}", text, is_good=False)
    if not document.defaults.get("baseUrl"):
        requests = [r for o in document.operations.values() for r in o.requests]
        if paths := [r.url for r in requests if not r.url.startswith(("http", "{{"))]:
            text = f"missing: {paths[0]} is not a complete address."
            yield Finding("requestDefaults.baseUrl", text, is_good=False)
    elif document.defaults["baseUrl"].startswith("http://"):
        text = "no TLS: only hosts in CRM_PRIVATE_HOSTS can be reached without it."
        yield Finding("requestDefaults.baseUrl", text)
    for place in unknown_places(platform.log_page_url, platform.public_consts):
        text = f"{{{place}}} is unknown, so records have no link."
        yield Finding(f"{document.manifest_path.name}: logPageUrl", text, is_good=False)


def _fields_without_value(document: Document) -> Iterator[Finding]:
    logging = document.platform.server_side_logging
    for index, field in enumerate(logging.additional_fields if logging else ()):
        if not field.is_known:
            at = f"serverSideLogging.additionalFields[{index}].type"
            text = f"{field.type} is not a field type, so {field.const} has no value."
            name = document.manifest_path.name
            yield Finding(f"{name}: {at}", text, is_good=False)


def _key_of_nobody(document: Document) -> Iterator[Finding]:
    logging = document.platform.server_side_logging
    if not (logging and logging.uses_service_account):
        return
    template = document.auth.get("credentialTemplate", "")
    if ("apiKey",) in _names_in(template):
        fields = [f for f in logging.additional_fields if not f.is_display_only]
        names = ", ".join(f"settings.{field.const}" for field in fields)
        text = f"apiKey belongs to an admin's own session and is empty here. The form has {names}."
        yield Finding("auth.credentialTemplate", text, is_good=False)


def _names_in(template: Any) -> set[tuple[Any, ...]]:
    """Return the first two names of every path in a template."""
    return {
        expression.path[:2]
        for _, text in texts_in(template)
        for expression in expressions_in(text)
        if expression.path
    }
