"""Whatever text others write, reading twice as much takes about twice as long.

A pattern whose time grows with the square of a text lets whoever writes an agent's note, or
a record in the CRM, hold a whole process. Each pattern of the program is tried on texts made
of its own pieces, and each parser of others' texts on what is known to be hard.
"""

import ast
import importlib
import pkgutil
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

import appconnect
import connector
from appconnect.calls.text.agent_note import put_note, read_note
from appconnect.calls.text.formats import Line, Text
from appconnect.calls.text.markers import around, fence, replace_details
from appconnect.console.shell.templatetags.markdown import markdown
from appconnect.log_format import escape
from appconnect.monitoring.models.problems import without_numbers
from appconnect.organizations.logging_settings.do_not_log import split_entries
from appconnect.organizations.mapping.csv_file import (
    UnreadableFile,
    neutralize,
    read_rows,
    restore,
    undo_changes,
)
from appconnect.organizations.models import NoteSection
from appconnect.ringcentral.notifications import parse_notification
from connector.declarative.expressions.path import TemplateError, parse_path
from connector.declarative.expressions.template import (
    parse_expression,
    render_text,
    render_url,
)
from connector.errors import MAX_RAW_REASON_LENGTH, clean_reason
from connector.manifest.links import fill_link
from connector.phone_numbers.compare import is_same_number
from connector.phone_numbers.read import MAX_TEXT_LENGTH, read_number
from connector.phone_numbers.write import is_format
from connector.types import LogFormatType

LENGTH = 4_000
FLOOR_SECONDS = 0.005
"""No text of this length takes as long where the time is proportional to it."""
MAX_PIECES = 9
SEARCHES = {"sub", "subn", "split", "search", "findall", "finditer"}
MATCHES = {"match", "fullmatch"}
CUT_TO = {
    "connector.errors": MAX_RAW_REASON_LENGTH,
    "connector.phone_numbers": MAX_TEXT_LENGTH,
}
"""What the patterns of these modules read has at most so many characters."""


class Used(NamedTuple):
    """A pattern, and the ways in which the program uses it."""

    pattern: re.Pattern[str]
    ways: set[str]
    most: int


def modules() -> Iterator[ModuleType]:
    for package in (appconnect, connector):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not {"sandbox", "testing", "migrations"} & {*found.name.split(".")}:
                yield importlib.import_module(found.name)


def patterns() -> dict[str, Used]:
    """Return every pattern of the program: those with a name, and those in a function."""
    found, ways = {}, defaultdict(set)
    for module in modules():
        most = next(
            (m for n, m in CUT_TO.items() if module.__name__.startswith(n)), 4 * LENGTH
        )
        tree = ast.parse(Path(module.__file__).read_text())
        for name, way, pattern in uses_in(tree):
            ways[name].add(way)
            if pattern is not None:
                found[f"{module.__name__} {pattern.pattern}"] = Used(
                    pattern, {way}, most
                )
        for name, value in vars(module).items():
            for pattern in compiled(value):
                label = f"{name} {pattern.pattern}"
                found.setdefault(label, Used(pattern, ways[name], most))
    return found


def compiled(value: object) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple | list | set | frozenset):
        for inner in value:
            yield from compiled(inner)
    elif isinstance(value, dict):
        yield from compiled(list(value.values()))


def uses_in(tree: ast.AST) -> Iterator[tuple[str, str, re.Pattern[str] | None]]:
    """Yield each use of a pattern: its name, the method, and the pattern if it has no name."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="re"), attr=way),
                args=[ast.Constant(value=str(pattern)), *_],
            ) if way in SEARCHES | MATCHES:
                yield "", way, re.compile(pattern)
            case ast.Attribute(value=ast.Name(id=name), attr=way) if (
                way in SEARCHES | MATCHES
            ):
                yield name, way, None


PATTERNS = patterns()


def pieces(pattern: re.Pattern[str]) -> list[str]:
    """Return what the pattern is made of: its literals, a character of each class."""
    found = dict.fromkeys(["\n", " ", "x"])
    gather(re._parser.parse(pattern.pattern, pattern.flags), found)
    return [*found][:MAX_PIECES]


def gather(tree, found: dict[str, None]) -> None:
    literal = ""
    for kind, value in tree:
        name = str(kind)
        if name == "LITERAL":
            literal += chr(value)
            continue
        if literal:
            found[literal], literal = None, ""
        for inner in walk(value):
            gather(inner, found)
        if name == "IN":
            for member, of in value:
                if str(member) == "LITERAL":
                    found[chr(of)] = None
                elif str(member) == "RANGE":
                    found[chr(of[0])] = None
                elif str(member) == "CATEGORY":
                    found["1"] = None
    if literal:
        found[literal] = None


def walk(value) -> Iterator[object]:
    if isinstance(value, re._parser.SubPattern):
        yield value
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from walk(inner)


def texts(parts: list[str]) -> Iterator[Callable[[int], str]]:
    for part in parts:
        yield lambda n, p=part: p * (n // len(p))
    for a, b in product(parts, repeat=2):
        if a != b:
            yield lambda n, a=a, b=b: a + b * (n // len(b))
            yield lambda n, a=a, b=b: (a + b) * (n // len(a + b))
            yield lambda n, a=a, b=b: b * (n // len(b)) + a


def seconds(read: Callable[[str], object], text: str) -> float:
    """Return how long reading takes, of this thread's own time."""
    begin = time.thread_time()
    read(text)
    return time.thread_time() - begin


def check_linear(read: Callable[[str], object], make: Callable[[int], str]) -> None:
    once = seconds(read, make(LENGTH))
    if once < FLOOR_SECONDS or seconds(read, make(2 * LENGTH)) < 3 * once:
        return
    # The machine may have been busy: the best of three, over two doublings.
    times = [
        min(seconds(read, make(times * LENGTH)) for _ in range(3))
        for times in (1, 2, 4)
    ]
    assert times[2] < 9 * times[0], f"{make(60)!r}: {times} seconds"


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_takes_twice_as_long_for_twice_the_text(name):
    pattern, ways, most = PATTERNS[name]

    def read(text: str) -> None:
        if not ways or ways & SEARCHES:
            for _ in pattern.finditer(text[:most]):
                pass
        else:
            pattern.match(text[:most])
            pattern.fullmatch(text[:most])

    for make in texts(pieces(pattern)):
        check_linear(read, make)


FORMATS = [f for f in LogFormatType if f is not LogFormatType.CUSTOM]
OF_RECORDS: dict[str, Callable[[str], object]] = {
    **{f"note in {f}": partial(read_note, log_format=f) for f in FORMATS},
    **{f"put into {f}": partial(put_note, note="x", log_format=f) for f in FORMATS},
    **{
        f"part of {f}": lambda text, f=f: replace_details(fence(text, f), "x", f)
        for f in FORMATS
    },
    **{
        f"line of {f}": lambda text, f=f: (
            Line(NoteSection.NOTE, "x", text).cleaned().write(f)
        )
        for f in FORMATS
    },
    **{
        f"text of {f}": lambda text, f=f: (
            Text(NoteSection.NOTE, "x", text).cleaned().write(f)
        )
        for f in FORMATS
    },
    "tags": lambda text: around(text, "x"),
}
"""What reads the texts of agents and of the CRM's records."""
PARSERS = OF_RECORDS | {
    "CRM's reason": clean_reason,
    "log line": escape,
    "problem": without_numbers,
    "CSV": lambda text: list(read_rows(f"a,b\n{text}".encode(), needed=["a"])),
    "CSV header": lambda text: list(read_rows(text.encode(), needed=["a"])),
    "id in CSV": undo_changes,
    "cell": lambda text: restore(neutralize(text)),
    "do-not-log list": lambda text: split_entries(text),
    "number": lambda text: read_number(text, region="US"),
    "field of numbers": lambda text: is_same_number("+14155550101", text, region="US"),
    "number format": is_format,
    "path": parse_path,
    "expression": parse_expression,
    "template": lambda text: render_text(text, {}),
    "address": lambda text: render_url(text, {}),
    "link": lambda text: fill_link(text, {"id": "1"}),
    "manifest's text": markdown,
    "notification": lambda text: parse_notification({"event": text, "body": text}),
}
"""And what reads those of callers, CRMs, manifests and files."""
MARKUP = [
    *("<b>Agent notes</b><br>", "<br>", "<b>Call details</b>", "<div>", "</div>"),
    *("## Agent notes\n", "\n", "- Note: x", "--- Call details ---\n", "&nbsp;"),
]
SIGNS = ['"', ",", "1", " ", "(", "[", "{{", "a['", "*", "\\"]
FAULTS = (ValueError, UnreadableFile, TemplateError)


@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_takes_twice_as_long_for_twice_the_text(name):
    def read(text: str) -> None:
        with suppress(*FAULTS):
            PARSERS[name](text)

    if name == "manifest's text":  # in milliseconds, and linear
        parts = ["[", "*", "`"]
    else:
        parts = MARKUP if name in OF_RECORDS else SIGNS
    for make in texts(parts):
        check_linear(read, make)
