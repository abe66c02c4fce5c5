"""Our part of a record's text is between two marker lines; the rest belongs to people.

The closing line has a checksum of the words between the two: once a person edits them, it
no longer matches, and the part is theirs from then on. A CRM that rewrites the HTML (other
attributes, `<br/>`, entities, more wrapping) changes no word of it.
"""

import re
from base64 import b32encode
from collections import Counter
from hashlib import sha256
from html import unescape

from connector.types import LogFormatType

OPENING = "Call details"
CLOSING = "End of call details"
TAG = re.compile(
    r"<!--.*?(?:-->|\Z)|<(?P<is_end>/?)(?P<name>[a-zA-Z][\w:-]*+)[^<>]*?(?P<is_closed>/?)>",
    re.DOTALL,
)
VOID = {"br", "hr", "img", "input", "wbr"}
PICTURE = "\ufffc"
"""Counts as a word, so that a picture that a person adds is an edit."""
SHOWN = {"img", "iframe", "video", "audio", "object", "s", "del", "strike"}
"""Elements that show something without words; other elements are no edit."""
MAX_PART_CHARACTERS = 5_000_000
"""Of our part, with the longest transcripts. A longer one is not ours."""
DASHES = re.compile(
    rf"^[-\s\u2010-\u2015\u2212]+(?=(?:{OPENING}|{CLOSING}|(?:JOURNEY )?END\s*$))".replace(
        " ", r"\s+"
    )
)
"""The dashes of a line that looks like a marker of App Connect's or ours."""


def fence(details: str, log_format: LogFormatType) -> str:
    """Return `details` between the two marker lines."""
    opening = f"--- {OPENING} ---"
    closing = f"--- {CLOSING} {checksum(details, log_format)} ---"
    if log_format is LogFormatType.HTML:
        return f"<div>{opening}</div>{details}<div>{closing}</div>"
    return f"{opening}\n{details}{closing}\n"


def defuse(line: str) -> str:
    """Return a line of a client's text without dashes that would make it a marker."""
    return DASHES.sub("", line)


def replace_details(body: str, details: str, log_format: LogFormatType) -> str | None:
    """Return `body` with our part of it replaced; None when that is gone or was edited.

    Nothing outside the two lines changes.
    """
    is_html = log_format is LogFormatType.HTML
    openings = list(fence_line(OPENING, is_html).finditer(body))
    closings = list(fence_line(rf"{CLOSING} (\w+)", is_html).finditer(body))
    if len(openings) != 1 or len(closings) != 1:
        return None
    [opening], [closing] = openings, closings
    between = body[opening.end() : closing.start()]
    if len(between) > MAX_PART_CHARACTERS or closing[1].lower() != checksum(
        between, log_format
    ):
        return None
    new = around(between, details) if is_html else f"\n{details}"
    return "".join(
        [
            body[: opening.end()],
            new,
            body[closing.start() : closing.start(1)],
            checksum(details, log_format),
            body[closing.end(1) :],
        ]
    )


def fence_line(words: str, is_html: bool) -> re.Pattern[str]:
    """Return the pattern of a marker line, as a CRM's editor may have left it."""
    space, dash = r"[ \t\xa0]", r"[-\u2010-\u2015\u2212]"
    start, end = r"^", r"\r?$"
    if is_html:
        space = rf"(?:{space}|&nbsp;|&\#160;|&\#x[aA]0;)"
        dash = rf"(?:{dash}|&[nm]dash;|&\#45;)"
        start, end = r"(?:^|(?<=>))", r"(?=<|$)"
        words = words.replace(" ", r"(?:\s|&nbsp;|&\#160;|&\#x[aA]0;)+")
    words = words.replace(" ", f"{space}+")
    line = f"{start}{space}*{dash}+{space}*{words}{space}*{dash}+{space}*{end}"
    return re.compile(line, re.MULTILINE)


def checksum(details: str, log_format: LogFormatType) -> str:
    """Return a checksum of the words of `details`: six letters, spaces ignored."""
    if log_format is LogFormatType.HTML:
        details = TAG.sub(
            lambda tag: PICTURE if (tag["name"] or "").lower() in SHOWN else "", details
        )
        details = unescape(details)
    words = "".join(details.split())
    return (
        b32encode(sha256(words.encode(errors="replace")).digest())[:6].decode().lower()
    )


def around(between: str, details: str) -> str:
    """Return `details` with the tags of `between` that belong to what is outside of it.

    Where a CRM has wrapped each line in an element of its own, `between` begins inside of
    one and ends inside of another.
    """
    ends: list[str] = []
    starts: list[tuple[str, str]] = []
    unended: Counter[str] = Counter()
    """How many of `starts` have a name: to look through them for each end takes too long."""
    for tag in TAG.finditer(between):
        name = (tag["name"] or "").lower()
        if not name or name in VOID or tag["is_closed"]:
            continue
        if not tag["is_end"]:
            starts.append((name, tag[0]))
            unended[name] += 1
        elif unended[name]:
            last = ""
            while last != name:
                last, _ = starts.pop()
                unended[last] -= 1
        else:
            ends.append(tag[0])
    return "".join([*ends, details, *(tag for _, tag in starts)])
