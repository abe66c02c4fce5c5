"""Templates: ``{{path|filter:"argument"}}`` in the texts of a document.

A text that is one expression becomes its value, of whatever type; a member whose value
is undefined is left out. Anywhere else the value is written into the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from connector.declarative.expressions.filters import FAULTS, FILTERS, OF_NOTHING
from connector.declarative.expressions.path import (
    UNDEFINED,
    Step,
    TemplateError,
    look_up,
    parse_path,
    text_of,
)
from connector.manifest.faults import did_you_mean

EXPRESSION = re.compile(r"\{\{([^{}]+)\}\}")
ARGUMENT = r"""\s*(?:"[^"]*"|'[^']*'|[\w.$]+)\s*"""
FILTER = re.compile(rf"\|\s*(\w+)\s*(?::({ARGUMENT}(?:,{ARGUMENT})*))?")
AUTHORITY = re.compile(r"(?:(?:https?|\{\{[^{}]*\}\})://[^/?#]*)?")
ONLY_IF = "$when"


@dataclass(frozen=True, slots=True)
class Argument:
    """A filter's argument: a constant, or the path of a value."""

    constant: str = ""
    path: tuple[Step, ...] | None = None

    def value(self, context: Any) -> str:
        if self.path is None:
            return self.constant
        return text_of(look_up(context, self.path))


@dataclass(frozen=True, slots=True)
class Expression:
    """A path and the filters that its value goes through."""

    source: str
    path: tuple[Step, ...]
    filters: tuple[tuple[str, tuple[Argument, ...]], ...] = ()

    def value(self, context: Any) -> Any:
        """Return the value in `context`. Raises `TemplateError`, which does not show it."""
        value = look_up(context, self.path)
        for name, arguments in self.filters:
            if (value is None or value is UNDEFINED) and name not in OF_NOTHING:
                continue
            apply, _, _ = FILTERS[name]
            try:
                value = apply(value, *(a.value(context) for a in arguments))
            except FAULTS as error:
                said = f"{self.source}: {name} cannot be applied to the value"
                raise TemplateError(said) from error
        return value


@lru_cache(maxsize=4096)
def parse_expression(source: str) -> Expression:
    """Read a path with its filters. Raises `TemplateError`."""
    source = source.strip()
    path, bar, rest = source.partition("|")
    rest = (bar + rest).strip()
    filters = []
    while rest:
        found = FILTER.match(rest)
        if found is None:
            raise TemplateError(f"{source}: not understood from {rest}")
        filters.append(_filter(source, *found.groups()))
        rest = rest[found.end() :].strip()
    return Expression(source, parse_path(path), tuple(filters))


def _filter(
    source: str, name: str, arguments: str | None
) -> tuple[str, tuple[Argument, ...]]:
    if name not in FILTERS:
        hint = did_you_mean(name, FILTERS)
        raise TemplateError(f"{source}: there is no filter {name}{hint}")
    parsed = tuple(
        Argument(path=parse_path(text))
        if text[0] not in "\"'"
        else Argument(constant=text[1:-1])
        for text in map(str.strip, re.findall(ARGUMENT, arguments or ""))
    )
    _, fewest, most = FILTERS[name]
    if not fewest <= len(parsed) <= most:
        wanted = fewest if fewest == most else f"{fewest} to {most}"
        raise TemplateError(f"{source}: the arguments of {name} are to be {wanted}")
    return name, parsed


def is_template(source: str) -> bool:
    """Tell whether a text has an expression in it."""
    return "{{" in source


def texts_in(template: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Give every text of a template with where it is."""
    if isinstance(template, dict):
        for key, value in template.items():
            yield from texts_in(value, f"{path}.{key}")
    elif isinstance(template, list):
        for index, value in enumerate(template):
            yield from texts_in(value, f"{path}[{index}]")
    elif isinstance(template, str):
        yield path, template


def expressions_in(text: str) -> Iterator[Expression]:
    """Give the expressions of a text. Raises `TemplateError`."""
    if "{{" in EXPRESSION.sub("", text):
        raise TemplateError(f"{text}: braces are not closed, or inside others")
    for found in EXPRESSION.finditer(text):
        yield parse_expression(found[1])


def evaluate(source: str, context: Any) -> Any:
    """Return the value of a path, or of a template where the source is one."""
    if is_template(source):
        return render(source, context)
    return parse_expression(source).value(context)


def render(template: Any, context: Any) -> Any:
    """Fill in a template of any shape.

    A member or item that is undefined is left out, and so are an object of which
    nothing is left and one whose ``$when`` is false.
    """
    if isinstance(template, str):
        whole = EXPRESSION.fullmatch(template)
        if whole:
            return parse_expression(whole[1]).value(context)
        return render_text(template, context)
    if isinstance(template, list):
        items = [render(item, context) for item in template]
        return [item for item in items if item is not UNDEFINED]
    if not isinstance(template, dict):
        return template
    if ONLY_IF in template and not is_true(template[ONLY_IF], context):
        return UNDEFINED
    members = {k: render(v, context) for k, v in template.items() if k != ONLY_IF}
    kept = {k: v for k, v in members.items() if v is not UNDEFINED}
    return UNDEFINED if members and not kept else kept


def render_text(template: str, context: Any) -> str:
    """Fill in a text; what is null or undefined becomes nothing."""
    return EXPRESSION.sub(
        lambda found: text_of(parse_expression(found[1]).value(context)), template
    )


def render_url(template: str, context: Any) -> str:
    """Fill in a URL; values are URL-encoded, but for those in its host or at its start."""

    def value_of(found: re.Match[str]) -> str:
        text = text_of(parse_expression(found[1]).value(context))
        before = template[: found.start()]
        if not before or AUTHORITY.fullmatch(before):
            return text
        if text in (".", ".."):  # would lead to another path
            raise TemplateError(f"{found[1]}: the value cannot be part of a URL")
        return quote(text, safe="")

    return EXPRESSION.sub(value_of, template)


def is_true(template: Any, context: Any) -> bool:
    """Tell whether a condition holds."""
    return truth(render(template, context))


def truth(value: Any) -> bool:
    """Tell whether a value is there, and is not 0, empty or false, in words either."""
    return bool(value) and value != "false"
