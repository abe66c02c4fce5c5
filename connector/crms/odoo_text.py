"""The text of a call's record at Odoo: the details, a reference to the call, a person's words.

What stands below the reference is a person's, and outlives every update.
"""

import re
from html import escape, unescape

REFERENCE = "Reference: "


def as_plain_text(details: str, marker: str, *, existing: str = "") -> str:
    """Return the details with the reference, and below it what a person added to `existing`."""
    ours = f"{details.rstrip()}\n{REFERENCE}{marker}"
    theirs = words_below(marker, existing, end="\n")
    return ours + ("\n" if theirs.strip() in details else theirs)


def as_html(details: str, marker: str, *, existing: str = "") -> str:
    """Do what `as_plain_text` does, for a field of HTML."""
    lines = "<br>".join(escape(line) for line in details.rstrip().splitlines())
    ours = f"<p>{lines}</p><p>{REFERENCE}{escape(marker)}"
    theirs = words_below(escape(marker), existing, end="</p>")
    return ours + ("</p>" if text_in(theirs).strip() in details else theirs)


def words_below(marker: str, existing: str, *, end: str) -> str:
    """Return all of a text in which the reference is missing: a person has rewritten it."""
    _, found, theirs = existing.partition(marker)
    return theirs if found else end + existing


def text_in(html: str) -> str:
    """Return the words of a piece of HTML, with its line breaks."""
    lines = re.sub(r"<br\s*/?>|</(?:p|div|li|h\d)>", "\n", html)
    return unescape(re.sub(r"<[^>]*>", "", lines))


def without_reference(text: str) -> str:
    return re.sub(rf"^{REFERENCE}\S+ *\n?", "", text, count=1, flags=re.MULTILINE)
