"""What a reply means where the document says so, rather than its status code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connector.declarative.documents.document import Rule
from connector.declarative.expressions.path import TemplateError, text_of
from connector.declarative.expressions.template import evaluate, is_true
from connector.errors import (
    ConnectorError,
    CredentialsRejected,
    InvalidSettings,
    PermanentError,
    RateLimited,
    TemporaryError,
    UnknownOutcome,
)
from connector.http import Judge, Reply
from connector.http.retry_after import MAX_RETRY_AFTER_SECONDS

EPOCH_DIGITS = 10
"""A number as long as this is a point in time, or its unit is not seconds."""


class NothingFound(PermanentError):
    """There is no such record; for a look-up the answer, else a failure."""


WORDS = {
    "credentialsRejected": "the credentials were refused",
    "duplicate": "the record is already there",
    "invalidSettings": "a setting was refused",
    "nothingFound": "there is no such record",
    "rateLimited": "too many requests",
    "refused": "the request was refused",
    "temporary": "it cannot do this now",
}


def judge_by(rules: Sequence[Rule], *, platform: str, creates: bool) -> Judge:
    """Return what tells a reply's meaning: by the first rule that it meets."""

    def judge(reply: Reply, error: ConnectorError | None) -> ConnectorError | None:
        scope = {"body": reply.json, "headers": reply.headers, "status": reply.status}
        try:
            rule = next((rule for rule in rules if _applies(rule, scope)), None)
            if rule is None:
                return error
            return _error(rule, scope, error, platform=platform, creates=creates)
        except TemplateError as fault:
            if creates and error is None:
                return UnknownOutcome(f"{platform}: {fault}")
            return error or fault

    return judge


def _applies(rule: Rule, scope: dict[str, Any]) -> bool:
    has_status = not rule.statuses or scope["status"] in rule.statuses
    return has_status and (not rule.when or is_true(rule.when, scope))


def _error(
    rule: Rule,
    scope: dict[str, Any],
    error: ConnectorError | None,
    *,
    platform: str,
    creates: bool,
) -> ConnectorError | None:
    if rule.means == "success":
        return None
    words = rule.message or WORDS[rule.means]
    said = f"{platform} answered HTTP {scope['status']}: {words.rstrip('.')}."
    match rule.means:
        case "nothingFound":
            return NothingFound(said)
        case "credentialsRejected":
            return CredentialsRejected(said)
        case "rateLimited":
            return RateLimited(said, retry_after=_retry_after(rule, scope, error))
        case "invalidSettings":
            return InvalidSettings(said, const=rule.field)
        case "duplicate" | "temporary" if creates:
            return UnknownOutcome(said)
        case "temporary":
            return TemporaryError(said, retry_after=_retry_after(rule, scope, error))
    return PermanentError(said)


def _retry_after(
    rule: Rule, scope: dict[str, Any], error: ConnectorError | None
) -> int | None:
    """Return the seconds that the rule finds, else those of a ``Retry-After`` header."""
    if rule.retry_after_path:
        text = text_of(evaluate(rule.retry_after_path, scope))
        if text.isdecimal() and len(text) < EPOCH_DIGITS:
            return min(int(text), MAX_RETRY_AFTER_SECONDS)
    return getattr(error, "retry_after", None)
