"""The next page of a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connector.declarative.expressions.context import Context
from connector.declarative.expressions.path import UNDEFINED
from connector.declarative.expressions.template import evaluate, truth
from connector.errors import PermanentError

MAX_PAGES = 500
FIRST_PAGE: Mapping[str, Any] = {"number": 1, "offset": 0}


def next_page(
    paging: Mapping[str, Any],
    page: Context,
    scope: Context,
    items: Sequence[Any],
    *,
    crm: str,
) -> Context | None:
    """Return the value of ``page`` in templates for the next page; None after the last.

    Raises `PermanentError` for a list that does not end, or does not say whether it does.
    """
    if not paging:
        return None
    if "morePath" in paging:
        more = _at("morePath", paging, scope)
        if more is UNDEFINED:
            reason = f"gave nothing at {paging['morePath']}: is there another page?"
            raise PermanentError(f"{crm} {reason}")
        if not truth(more):
            return None
    following = {
        "number": page["number"] + 1,
        "offset": page["offset"] + len(items),
    }
    if "nextPath" in paging or "nextUrlPath" in paging:
        member = "nextPath" if "nextPath" in paging else "nextUrlPath"
        following["next"] = _at(member, paging, scope)
        if not truth(following["next"]):
            return None
        does_not_end = following["next"] == page.get("next", UNDEFINED)
    elif not items:
        return None
    else:
        does_not_end = False
    if does_not_end or page["number"] >= MAX_PAGES:
        raise PermanentError(f"The pages of {crm}'s list do not end.")
    return following


def _at(member: str, paging: Mapping[str, Any], scope: Context) -> Any:
    return evaluate(paging[member], scope)
