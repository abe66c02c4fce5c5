"""The meaning of a reply by the document's rules, before its status code's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from connector.declarative.documents.document import Rule
from connector.declarative.expressions.path import TemplateError, text_of
from connector.declarative.expressions.template import (
    evaluate,
    is_template,
    is_true,
    render_text,
)
from connector.errors import (
    AlreadyExists,
    ConnectorError,
    CredentialsRejected,
    InvalidSettings,
    PermanentError,
    RateLimited,
    TemporaryError,
    UnknownOutcome,
    clean_reason,
)
from connector.http import Judge, Reply
from connector.http.retry_after import MAX_RETRY_AFTER_SECONDS

EPOCH_DIGITS = 10
"""A number this long is a point in time, or its unit is not seconds."""


class NothingFound(PermanentError):
    """There is no such record: the answer of a look-up, else a failure."""


MEANINGS = {
    "credentialsRejected": "the credentials were refused",
    "duplicate": "the record is already there",
    "invalidSettings": "a setting was refused",
    "nothingFound": "there is no such record",
    "rateLimited": "too many requests",
    "refused": "the request was refused",
    "temporary": "it cannot do this now",
}


def judge_by(
    rules: Sequence[Rule], context: Mapping[str, Any], *, crm: str, creates: bool
) -> Judge:
    """Return the judge of an operation's replies: the first rule that applies decides.

    `context` is what the request was made from, `crm` the CRM's name for people.
    """

    def judge(reply: Reply, error: ConnectorError | None) -> ConnectorError | None:
        received = {
            "body": reply.json,
            "headers": reply.headers,
            "status": reply.status,
        }
        scope = {**context, **received}
        try:
            rule = next((r for r in rules if r.means and _applies(r, scope)), None)
            if rule is not None:
                error = _error(rule, scope, error, crm=crm, creates=creates)
            if error is not None:
                error.reason = _reason(rule, rules, scope) or error.reason
            return error
        except TemplateError as fault:
            if creates and error is None:
                return UnknownOutcome(f"{crm}: {fault}")
            return error or fault

    return judge


def has_error(scope: Mapping[str, Any], rules: Sequence[Rule]) -> bool:
    """Return whether a reply of success says in a usual member that the request failed.

    `scope` has its body, headers and status, and what the request was made from. Not where
    a rule says that it is a success.
    """
    body = scope["body"]
    if not isinstance(body, dict):
        return False
    says_so = (
        any(body.get(member) for member in ("error", "errors"))
        or any(body.get(member) is False for member in ("success", "ok"))
        or text_of(body.get("status")).lower() in ("error", "fail")
    )
    return says_so and not any(
        rule.means == "success" and _applies(rule, scope) for rule in rules
    )


def _applies(rule: Rule, scope: Mapping[str, Any]) -> bool:
    has_status = not rule.statuses or scope["status"] in rule.statuses
    return has_status and (not rule.when or is_true(rule.when, scope))


def _error(
    rule: Rule,
    scope: dict[str, Any],
    error: ConnectorError | None,
    *,
    crm: str,
    creates: bool,
) -> ConnectorError | None:
    if rule.means == "success":
        return None
    text = MEANINGS[rule.means] if is_template(rule.message) else rule.message
    text = (text or MEANINGS[rule.means]).rstrip(".")
    message = f"{crm} answered HTTP {scope['status']}: {text}."
    match rule.means:
        case "nothingFound":
            return NothingFound(message)
        case "credentialsRejected":
            return CredentialsRejected(message)
        case "rateLimited":
            return RateLimited(message, retry_after=_retry_after(rule, scope, error))
        case "invalidSettings":
            return InvalidSettings(message, const=rule.field)
        case "duplicate" if creates:
            return AlreadyExists(message)
        case "temporary" if creates:
            return UnknownOutcome(message)
        case "temporary":
            return TemporaryError(message, retry_after=_retry_after(rule, scope, error))
    return PermanentError(message)


def _reason(deciding: Rule | None, rules: Sequence[Rule], scope: dict[str, Any]) -> str:
    """Return the CRM's own reason, from where the rules say it is."""
    for rule in (
        *filter(None, [deciding]),
        *(rule for rule in rules if not rule.means),
    ):
        with suppress(TemplateError):  # the error is worth more than its reason
            if is_template(rule.message) and _applies(rule, scope):
                return clean_reason(render_text(rule.message, scope))
    return ""


def _retry_after(
    rule: Rule, scope: dict[str, Any], error: ConnectorError | None
) -> int | None:
    """Return the seconds that the rule finds, else those of a ``Retry-After`` header."""
    if rule.retry_after_path:
        seconds = text_of(evaluate(rule.retry_after_path, scope))
        if seconds.isdecimal() and len(seconds) < EPOCH_DIGITS:
            return min(int(seconds), MAX_RETRY_AFTER_SECONDS)
    return getattr(error, "retry_after", None)
