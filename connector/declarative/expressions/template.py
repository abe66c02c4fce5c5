"""Templates: ``{{path|filter:"argument"}}`` in the texts of a document.

A text that is one expression becomes its value, of any type; a member whose value
is undefined is left out. Anywhere else the value is written into the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from connector.declarative.expressions.filters import APPLY_TO_MISSING, FAULTS, FILTERS
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
CONDITION_MEMBER = "$when"
THEN, ELSE = "$then", "$else"
"""What the object becomes instead of itself, where its condition is true or false."""


@dataclass(frozen=True, slots=True)
class Argument:
    """A filter's argument: a constant, or the path of a value."""

    constant: str = ""
    path: tuple[Step, ...] | None = None

    def value(self, context: Any) -> Any:
        return self.constant if self.path is None else look_up(context, self.path)


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
            if (value is None or value is UNDEFINED) and name not in APPLY_TO_MISSING:
                continue
            apply, _, _ = FILTERS[name]
            values = [argument.value(context) for argument in arguments]
            if name != "default":
                values = [text_of(argument) for argument in values]
            try:
                value = apply(value, *values)
            except FAULTS as error:
                reason = f"{self.source}: {name} cannot be applied to the value"
                raise TemplateError(reason) from error
        return value


@lru_cache(maxsize=4096)
def parse_expression(source: str) -> Expression:
    """Parse a path with its filters. Raises `TemplateError`."""
    source = source.strip()
    path, bar, rest = source.partition("|")
    rest = (bar + rest).strip()
    filters = []
    while rest:
        match = FILTER.match(rest)
        if match is None:
            raise TemplateError(f"{source}: not understood from {rest}")
        filters.append(_filter(source, *match.groups()))
        rest = rest[match.end() :].strip()
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
    _, min_count, max_count = FILTERS[name]
    if not min_count <= len(parsed) <= max_count:
        count = min_count if min_count == max_count else f"{min_count} to {max_count}"
        raise TemplateError(f"{source}: the arguments of {name} are to be {count}")
    return name, parsed


def is_template(source: str) -> bool:
    """Return whether a text contains an expression."""
    return "{{" in source


def texts_in(template: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path and value of every text in a template."""
    if isinstance(template, dict):
        for key, value in template.items():
            yield from texts_in(value, f"{path}.{key}")
    elif isinstance(template, list):
        for index, value in enumerate(template):
            yield from texts_in(value, f"{path}[{index}]")
    elif isinstance(template, str):
        yield path, template


def expressions_in(text: str) -> Iterator[Expression]:
    """Yield the expressions of a text. Raises `TemplateError`."""
    if "{{" in EXPRESSION.sub("", text):
        raise TemplateError(f"{text}: braces are not closed, or inside others")
    for found in EXPRESSION.finditer(text):
        yield parse_expression(found[1])


def evaluate(source: str, context: Any) -> Any:
    """Return the value of a path or of a template."""
    if is_template(source):
        return render(source, context)
    return parse_expression(source).value(context)


def render(template: Any, context: Any) -> Any:
    """Fill in a template of any shape.

    An undefined member or item is left out, and so are an object whose members are all
    undefined and one whose ``$when`` is false. With ``$then`` or ``$else`` the object
    becomes that, of any type, or is left out.
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
    if CONDITION_MEMBER in template:
        holds = is_true(template[CONDITION_MEMBER], context)
        branch = THEN if holds else ELSE
        if branch in template:
            return render(template[branch], context)
        if not holds or ELSE in template:
            return UNDEFINED
    members = {
        k: render(v, context) for k, v in template.items() if k != CONDITION_MEMBER
    }
    defined = {k: v for k, v in members.items() if v is not UNDEFINED}
    return UNDEFINED if members and not defined else defined


def render_text(template: str, context: Any) -> str:
    """Fill in a text; null and undefined become empty."""
    return EXPRESSION.sub(
        lambda found: text_of(parse_expression(found[1]).value(context)), template
    )


def render_url(template: str, context: Any) -> str:
    """Fill in a URL; values are URL-encoded, except in its host and at its start."""

    def value_of(found: re.Match[str]) -> str:
        text = text_of(parse_expression(found[1]).value(context))
        before = template[: found.start()]
        if not before or AUTHORITY.fullmatch(before):
            return text
        if text in (".", ".."):  # would lead to another path
            raise TemplateError(f"{found[1]}: the value cannot be part of a URL")
        return quote(text, safe="")

    return EXPRESSION.sub(value_of, template)


def is_true(condition: Any, context: Any) -> bool:
    """Return whether a condition is true: a template, or ``all`` or ``any`` of several."""
    if not isinstance(condition, dict):
        return truth(render(condition, context))
    [(quantifier, conditions)] = condition.items()
    results = (is_true(condition, context) for condition in conditions)
    return all(results) if quantifier == "all" else any(results)


def truth(value: Any) -> bool:
    """Return whether a value is defined, and not 0, empty, false or "false"."""
    return bool(value) and value != "false"
