"""The signed assertion of a request: its templates filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.assertion import sign_claims
from connector.declarative.expressions.context import Context
from connector.declarative.expressions.template import (
    expressions_in,
    render,
    render_text,
)


def sign_assertion(assertion: Mapping[str, Any], context: Context) -> str:
    """Return the JSON Web Token that a request's `assertion` describes, for 5 minutes.

    Raises `InvalidSettings` for a key that cannot sign it.
    """
    key, algorithms = assertion["key"], assertion["algorithm"]
    return sign_claims(
        render(assertion["claims"], context),
        key=render_text(key, context),
        algorithms=[algorithms] if isinstance(algorithms, str) else algorithms,
        header=render(assertion.get("header", {}), context),
        const=_const_of(key),
    )


def _const_of(key_template: str) -> str:
    """Return the const of the settings' field that has the key; empty for no field."""
    paths = [expression.path for expression in expressions_in(key_template)]
    fields = [path[1] for path in paths if path[0] == "settings" and len(path) > 1]
    return str(fields[0]) if fields else ""
