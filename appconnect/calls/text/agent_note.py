"""An agent's note about a call, which stands before our part of the record's text.

It is framed as App Connect does, so that records of either program look the same.
"""

import re
from html import escape, unescape
from typing import NamedTuple

from appconnect.calls.text.markers import OPENING, fence_line
from connector.types import LogFormatType


class Frame(NamedTuple):
    """How a note is framed in a text. The note is the first group of `pattern`."""

    pattern: re.Pattern[str]
    written: str


PLAIN = Frame(
    re.compile(
        r"^- (?:Note|Agent notes): (.*?)\n(?=- [A-Z][^\n:]{0,60}:|-+ Call details|\Z)",
        re.MULTILINE | re.DOTALL,
    ),
    "- Note: {}\n",
)
HTML = Frame(
    re.compile(
        r"<b>Agent notes</b><br ?/?>(.*?)(?:<br ?/?>)*<b>Call details</b>(?:<br ?/?>)?",
        re.DOTALL,
    ),
    "<b>Agent notes</b><br>{}<br><br><b>Call details</b><br>",
)
MARKDOWN = Frame(
    re.compile(r"^## Agent notes\n(.*?)\n+## Call details\n", re.MULTILINE | re.DOTALL),
    "## Agent notes\n{}\n\n## Call details\n",
)


def frame_of(log_format: LogFormatType) -> Frame:
    match log_format:
        case LogFormatType.HTML:
            return HTML
        case LogFormatType.MARKDOWN:
            return MARKDOWN
        case _:
            return PLAIN


def put_note(body: str, note: str, log_format: LogFormatType) -> str:
    """Return `body` with the agent's note: in place of the one it has, else in front."""
    frame = frame_of(log_format)
    if log_format is LogFormatType.HTML:
        note = "<br>".join(escape(line) for line in note.splitlines())
    written = frame.written.format(note) if note else ""
    found = find_note(body, log_format)
    if found is None:
        return written + body
    return body[: found.start()] + written + body[found.end() :]


def find_note(body: str, log_format: LogFormatType) -> re.Match[str] | None:
    """Return the match of the note, which is before our part of the text."""
    ours = fence_line(OPENING, log_format is LogFormatType.HTML).search(body)
    end = ours.start() if ours else len(body)
    return frame_of(log_format).pattern.search(body, 0, end)


def read_note(body: str, log_format: LogFormatType) -> str:
    """Return the agent's note as it was typed; empty where `body` has none."""
    found = find_note(body, log_format)
    if found is None:
        return ""
    if log_format is LogFormatType.HTML:
        return unescape(re.sub(r"<br ?/?>", "\n", found[1]))
    return found[1]
