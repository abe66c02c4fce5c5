"""An agent's note about a call, which stands before our part of the record's text.

It is framed as App Connect does, so that records of either program look the same.
"""

import re
from html import escape, unescape
from typing import NamedTuple

from appconnect.calls.text.markers import OPENING, fence_line
from connector.types import LogFormatType


class Frame(NamedTuple):
    """How a note is framed in a text.

    Two patterns and not one around the note, so that a long text is read once: each note
    would be looked for as far as the text goes.
    """

    opening: re.Pattern[str]
    closing: re.Pattern[str]
    breaks: tuple[str, ...]
    """Line ends before the closing, which are not the note's."""
    written: str


class FoundNote(NamedTuple):
    """A note, and where it stands in a text with its frame."""

    text: str
    start: int
    end: int


PLAIN = Frame(
    re.compile(r"^- (?:Note|Agent notes): ", re.MULTILINE),
    re.compile(r"\n(?=- [A-Z][^\n:]{0,60}:|-+ Call details|\Z)"),
    (),
    "- Note: {}\n",
)
HTML = Frame(
    re.compile(r"<b>Agent notes</b><br ?/?>"),
    re.compile(r"<b>Call details</b>(?:<br ?/?>)?"),
    ("<br>", "<br/>", "<br >", "<br />"),
    "<b>Agent notes</b><br>{}<br><br><b>Call details</b><br>",
)
MARKDOWN = Frame(
    re.compile(r"^## Agent notes\n", re.MULTILINE),
    re.compile(r"\n## Call details\n"),
    ("\n",),
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
    return body[: found.start] + written + body[found.end :]


def find_note(body: str, log_format: LogFormatType) -> FoundNote | None:
    """Return the note, which is before our part of the text."""
    ours = fence_line(OPENING, log_format is LogFormatType.HTML).search(body)
    limit = ours.start() if ours else len(body)
    frame = frame_of(log_format)
    opening = frame.opening.search(body, 0, limit)
    closing = opening and frame.closing.search(body, opening.end(), limit)
    if not (opening and closing):
        return None
    start, end = opening.end(), closing.start()
    while found := [b for b in frame.breaks if body.endswith(b, start, end)]:
        end -= len(found[0])
    return FoundNote(body[start:end], opening.start(), closing.end())


def read_note(body: str, log_format: LogFormatType) -> str:
    """Return the agent's note as it was typed; empty where `body` has none."""
    found = find_note(body, log_format)
    if found is None:
        return ""
    if log_format is LogFormatType.HTML:
        return unescape(re.sub(r"<br ?/?>", "\n", found.text))
    return found.text
