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
    """The value of a path that leads nowhere; the type of `UNDEFINED`."""

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
    wanted: str | None

    def holds(self, item: Any) -> bool:
        value = look_up(item, self.member)
        found = bool(value) if self.wanted is None else text_of(value) == self.wanted
        return found is not self.negated


Step = str | Condition

TOKEN = re.compile(
    r"""\[(?P<quote>["'])(?P<quoted>.+?)(?P=quote)\]
      | \[\s*+(?P<no>!?)(?P<member>[^\]\[=!]++)(?:(?P<sign>!?=)(?P<wanted>[^\]]*))?\]
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
        wanted = token["wanted"]
        return Condition(
            member=parse_path(token["member"]),
            negated=(token["no"] or token["sign"] or "").startswith("!"),
            wanted=wanted if wanted is None else wanted.strip().strip("\"'"),
        )
    return token["key"] or token["quoted"]


def look_up(value: Any, steps: Sequence[Step]) -> Any:
    """Return what lies at the end of the path; `UNDEFINED` when that is nothing."""
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
    """Write a value inside a text: nothing for null, true and false in lower case."""
    if value is None or value is UNDEFINED:
        return ""
    return value if isinstance(value, str) else json.dumps(value, default=str)
