"""Reading a value by its path: ``items[type=call].0.id``, ``headers.Location``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from connector.errors import PermanentError


class TemplateError(PermanentError):
    """A template or path of the document is wrong, or does not fit a value."""


class Undefined:
    """The type of `UNDEFINED`, the value of a path that leads nowhere."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "undefined"


UNDEFINED: Final = Undefined()


@dataclass(frozen=True, slots=True)
class Condition:
    """``[type=call]``, ``[type!=call]``, ``[active]`` or ``[!active]``: which items of a list."""

    member: tuple[Step, ...]
    negated: bool
    expected: str | None

    def holds(self, item: Any) -> bool:
        value = look_up(item, self.member)
        matches = (
            bool(value) if self.expected is None else text_of(value) == self.expected
        )
        return matches is not self.negated


Step = str | Condition

TOKEN = re.compile(
    r"""\[(?P<quote>["'])(?P<quoted>.+?)(?P=quote)\]
      | \[\s*+(?P<no>!?)(?P<member>[^\]\[=!]++)(?:(?P<sign>!?=)(?P<expected>[^\]]*))?\]
      | (?P<key>[^.\[\]]+)""",
    re.VERBOSE,
)


@lru_cache(maxsize=4096)
def parse_path(path: str) -> tuple[Step, ...]:
    """Split a path into its steps; an empty one, or ``$``, is the whole value.

    Raises `TemplateError`.
    """
    path = path.strip()
    if path in ("", "$"):
        return ()
    steps: list[Step] = []
    at = 0
    while at < len(path):
        if steps and path[at] == ".":
            at += 1
        elif steps and path[at] != "[":
            raise TemplateError(f"{path}: a dot is missing at character {at + 1}")
        token = TOKEN.match(path, at)
        if token is None:
            raise TemplateError(f"{path}: not understood at character {at + 1}")
        at = token.end()
        steps.append(_step(token))
    return tuple(steps)


def _step(token: re.Match[str]) -> Step:
    if token["member"]:
        expected = token["expected"]
        return Condition(
            member=parse_path(token["member"]),
            negated=(token["no"] or token["sign"] or "").startswith("!"),
            expected=expected and expected.strip().strip("\"'"),
        )
    return token["key"] or token["quoted"]


def look_up(value: Any, steps: Sequence[Step]) -> Any:
    """Return the value at the end of the path, or `UNDEFINED`."""
    for step in steps:
        if isinstance(step, Condition):
            if not isinstance(value, list | tuple):
                return UNDEFINED
            value = [item for item in value if step.holds(item)]
        elif isinstance(value, Mapping):
            value = value.get(step, UNDEFINED)
        elif isinstance(value, list | tuple) and step.isdecimal():
            value = value[int(step)] if int(step) < len(value) else UNDEFINED
        elif isinstance(value, list | tuple) and step == "length":
            value = len(value)
        else:
            return UNDEFINED
    return value


def text_of(value: Any) -> str:
    """Return a value as part of a text: empty for null, true and false in lower case."""
    if value is None or value is UNDEFINED:
        return ""
    return value if isinstance(value, str) else json.dumps(value, default=str)
