"""Reading a value by its path: ``items[type=call].0.id``, ``phones.*.number``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
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
    """Which items of a list: ``[active]``, ``[!active]``, ``[type=call]``, ``[id=$.userId]``.

    The signs are ``=``, ``!=``, ``^=`` (starts with) and ``*=`` (contains).
    """

    member: tuple[Step, ...]
    sign: str
    """Empty: the member itself decides."""
    expected: str | tuple[Step, ...]
    """A text, or the path of a value that the template sees."""

    def holds(self, item: Any, root: Any) -> bool:
        value = look_up(item, self.member, root)
        if self.sign in ("", "!"):
            return bool(value) is not bool(self.sign)
        if isinstance(self.expected, str):
            expected = self.expected
        else:
            expected = text_of(look_up(root, self.expected))
        return SIGNS[self.sign](text_of(value), expected)


Step = str | Condition

SIGNS: Mapping[str, Callable[[str, str], bool]] = {
    "=": lambda text, expected: text == expected,
    "!=": lambda text, expected: text != expected,
    "^=": lambda text, expected: expected != "" and text.startswith(expected),
    "*=": lambda text, expected: expected != "" and expected in text,
}
EACH = "*"
"""The step to every item of a list."""
TOKEN = re.compile(
    r"""\[(?P<quote>["'])(?P<quoted>.+?)(?P=quote)\]
      | \[\s*+(?P<no>!?)(?P<member>[^\]\[=!^*]++)(?:(?P<sign>[!^*]?=)(?P<expected>[^\]]*))?\]
      | (?P<key>[^.\[\]]+)""",
    re.VERBOSE,
)


@lru_cache(maxsize=4096)
def parse_path(path: str) -> tuple[Step, ...]:
    """Split a path into its steps; an empty one, or ``$``, is the whole value.

    JSONPath's ``$.items[0]`` is the same as ``items.0``. Raises `TemplateError`.
    """
    path = path.strip().removeprefix("$.")
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
    if not token["member"]:
        return token["key"] or token["quoted"]
    if token["no"] and token["sign"]:
        raise TemplateError(f"{token[0]}: write [member!=value]")
    if token["member"].isdecimal() and not (token["no"] or token["sign"]):
        return token["member"]
    expected = (token["expected"] or "").strip()
    return Condition(
        member=parse_path(token["member"]),
        sign=token["sign"] or token["no"],
        expected=parse_path(expected[2:])
        if expected.startswith("$.")
        else expected.strip("\"'"),
    )


def look_up(value: Any, steps: Sequence[Step], root: Any = UNDEFINED) -> Any:
    """Return the value at the end of the path, or `UNDEFINED`.

    `root` is what a path of a condition begins at, the value itself by default.
    """
    root = value if root is UNDEFINED else root
    for index, step in enumerate(steps):
        if isinstance(step, Condition):
            if not isinstance(value, list | tuple):
                return UNDEFINED
            value = [item for item in value if step.holds(item, root)]
        elif isinstance(value, Mapping):
            value = value.get(step, UNDEFINED)
        elif not isinstance(value, list | tuple):
            return UNDEFINED
        elif step == EACH:
            found = [look_up(item, steps[index + 1 :], root) for item in value]
            return [item for item in found if item is not UNDEFINED]
        elif step.isdecimal():
            value = value[int(step)] if int(step) < len(value) else UNDEFINED
        else:
            value = len(value) if step == "length" else UNDEFINED
    return value


def text_of(value: Any) -> str:
    """Return a value as part of a text: empty for null, true and false in lower case."""
    if value is None or value is UNDEFINED:
        return ""
    return value if isinstance(value, str) else json.dumps(value, default=str)
