"""The parts of a record's text in the three formats, worded as App Connect words them.

Values come from callers and CRMs: in no format are they anything but text.
"""

import re
from html import escape
from math import ceil
from typing import NamedTuple
from urllib.parse import quote

from appconnect.calls.text.markers import defuse
from appconnect.organizations.models import NoteSection
from connector.types import LogFormatType

CONTROLS = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"  # the last two turn text around
)
MARKDOWN = re.compile(r"[\\`*_\[\]<>~]|&(?=#?\w+;)")
MARKDOWN_BLOCK = re.compile(r"^(\d*)([-+#=.)])")
"""The beginning of a line of Markdown that makes it a heading, a list, or a rule."""
ESCAPED = r"\\\g<0>"
CUT = "(Cut here: the text is too long for the CRM.)"
URL_CHARACTERS = "/:?#@!$&'+,;=%~"
"""Not percent-encoded in a link; brackets, quotes and asterisks are."""


class Line(NamedTuple):
    """One detail: the section that it belongs to, App Connect's label, the value."""

    section: NoteSection
    label: str
    value: str
    html_label: str = ""
    """App Connect's label in HTML, where it is another one."""
    is_link: bool = False

    def cleaned(self) -> "Line":
        """Return it without what could end the line; of a link only http(s)."""
        value = CONTROLS.sub("", " ".join(self.value.split()))
        if self.is_link:
            is_safe = value.lower().startswith(("http://", "https://"))
            value = quote(value, safe=URL_CHARACTERS) if is_safe else ""
        return self._replace(value=value)

    def write(self, log_format: LogFormatType) -> str:
        """Return the line in a format: of HTML, the element of a list."""
        value = self.value
        match log_format:
            case LogFormatType.HTML:
                value = escape(value)
                if self.is_link:
                    value = f'<a target="_blank" href="{value}">open</a>'
                return f"<li><b>{self.html_label or self.label}</b>: {value}</li>"
            case LogFormatType.MARKDOWN:
                if not self.is_link:
                    value = MARKDOWN.sub(ESCAPED, value)
                return f"**{self.label}**: {value}\n"
            case _:
                return f"- {self.label}: {value}\n"


class Text(NamedTuple):
    """A detail of several lines, such as a transcript."""

    section: NoteSection
    label: str
    value: str
    plain: str = "\n- {}:\n{}\n--- END\n"
    html: str = "<div><b>{}</b><br>{}</div>"

    def cleaned(self) -> "Text":
        """Return it without what could be taken for an end of our part of the text."""
        lines = self.value.rstrip().splitlines()
        clean = [CONTROLS.sub("", line.replace("\t", " ")) for line in lines]
        return self._replace(value="\n".join(map(defuse, clean)))

    def shortened(self, excess: int, log_format: LogFormatType) -> "Text":
        """Return it with about `excess` characters less, as it is written.

        Without a value where little is left. In HTML or Markdown a character may be
        written as several.
        """
        share = len(self.value) / len(self.write(log_format))
        return self.within(len(self.value) - ceil(excess * share))

    def within(self, length: int) -> "Text":
        """Return it with at most `length` characters of its value."""
        if len(self.value) <= length:
            return self
        return self._replace(value=cut_text(self.value, length))

    def write(self, log_format: LogFormatType) -> str:
        lines = self.value.splitlines()
        match log_format:
            case LogFormatType.HTML:
                return self.html.format(self.label, "<br>".join(map(escape, lines)))
            case LogFormatType.MARKDOWN:
                value = "\n".join(map(escape_line, lines))
                return f"### {self.label}\n{value}\n"
            case _:
                return self.plain.format(self.label, self.value)


def cut_text(text: str, length: int) -> str:
    """Return the beginning of a text, with a sentence that says that it is cut.

    At most `length` characters; empty where not even the sentence fits.
    """
    beginning = text.removesuffix(CUT)[: max(0, length - len(CUT) - 1)].rstrip()
    return f"{beginning}\n{CUT}".lstrip() if length >= len(CUT) else ""


def escape_line(line: str) -> str:
    """Return a line escaped so that Markdown shows it as part of a paragraph."""
    escaped = MARKDOWN.sub(ESCAPED, line.lstrip())
    return MARKDOWN_BLOCK.sub(r"\1\\\2", escaped)
