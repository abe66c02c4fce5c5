"""Whatever people and CRMs do to a record's text, only our own part of it is replaced."""

from html import escape

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from appconnect.calls.text.markers import CLOSING, OPENING, fence, replace_details
from connector.types import LogFormatType

PLAIN, HTML, MARKDOWN = (
    LogFormatType.PLAIN_TEXT,
    LogFormatType.HTML,
    LogFormatType.MARKDOWN,
)
OLD = {
    PLAIN: "- Summary: Inbound Call from Ada\n- Result: In Progress\n",
    HTML: "<ul><li><b>Summary</b>: A &amp; B&#x27;s</li><li><b>Call recording link</b>: "
    '<a target="_blank" href="https://m.example/1">open</a></li></ul>',
    MARKDOWN: "**Summary**: Inbound Call from A\\_B\n**Result**: In Progress\n",
}
NEW = {
    PLAIN: "- Result: Accepted $& \\1 \\g<0>\n",
    HTML: "<ul><li><b>Result</b>: $&amp; \\1 \\g&lt;0&gt;</li></ul>",
    MARKDOWN: "**Result**: Accepted $& \\\\1\n",
}
FORMATS = pytest.mark.parametrize("log_format", [PLAIN, HTML, MARKDOWN])


@FORMATS
def test_our_part_can_be_replaced_repeatedly(log_format):
    body = fence(OLD[log_format], log_format)

    for _ in range(2):
        body = replace_details(body, NEW[log_format], log_format)
        assert body == fence(NEW[log_format], log_format)


# In HTML what an editor makes of it; else what people type.
TEXTS = {
    PLAIN: st.text(),
    MARKDOWN: st.text(),
    HTML: st.text().map(escape) | st.sampled_from(["<p>Hi</p>", "<br/>", "<b>$&</b>"]),
}


@FORMATS
@given(data=st.data())
def test_text_around_our_part_stays_unchanged(log_format, data):
    before, after = data.draw(TEXTS[log_format]), data.draw(TEXTS[log_format])
    between = "" if log_format is HTML else "\n"
    old, new = (
        before + between + fence(details[log_format], log_format) + after
        for details in (OLD, NEW)
    )

    assert replace_details(old, NEW[log_format], log_format) == new


@FORMATS
@given(data=st.data())
def test_text_written_into_our_part_makes_it_theirs(log_format, data):
    body = fence(OLD[log_format], log_format)
    typed = data.draw(TEXTS[log_format].filter(is_seen))
    at = data.draw(st.sampled_from(places(body, log_format)))

    edited = body[:at] + typed + body[at:]

    left = replace_details(edited, NEW[log_format], log_format)
    assert left is None or typed in left


def is_seen(typed: str) -> bool:
    return bool(typed.strip()) and not typed.startswith("<br")


def places(body: str, log_format: LogFormatType) -> list[int]:
    """Return where a person can type: of HTML not inside a tag or an entity."""
    if log_format is not HTML:
        return list(range(len(body) + 1))
    found, is_open = [], False
    for at, character in enumerate(body):
        if not is_open:
            found.append(at)
        is_open = character in "<&" or (is_open and character not in ">;")
    return found


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("</div><ul>", "</div>\n<ul class='x'>"),
        ('target="_blank" href="https://m.example/1"', "href='https://m.example/1'"),
        ("<li><b>", '<li style="a:b"><strong>'),
        ("&#x27;", "'"),
        ("&amp;", "&#38;"),
        ("--- Call", "&ndash; Call"),
        (" details ---</div>", "&nbsp;details&#45;&#45;&#45;</div>"),
        ("<div>---", "<div>\n  ---"),
        (OPENING, "Call\n   details"),
        ("<li>", "<br/><li>"),
        ("</li>", ""),
    ],
)
def test_html_rewritten_by_a_crm_is_still_ours(ours, theirs):
    body = fence(OLD[HTML], HTML)
    assert ours in body

    updated = replace_details(body.replace(ours, theirs), NEW[HTML], HTML)

    assert updated is not None
    assert NEW[HTML] in updated
    assert "In Progress" not in updated


def test_html_wrapped_line_by_line_stays_well_formed():
    body = (
        "<html><p>Hi</p><div><p>--- Call details ---</p></div>"
        + OLD[HTML]
        + "<section><p>---&nbsp;End of call details {sum} ---</p></section>bye<br></html>"
    )
    fenced = fence(OLD[HTML], HTML)
    body = body.format(sum=fenced[fenced.index(CLOSING) :].split()[4])

    updated = replace_details(body, NEW[HTML], HTML)

    assert updated.startswith(
        f"<html><p>Hi</p><div><p>--- Call details ---</p></div>{NEW[HTML]}<section><p>"
        "---&nbsp;End of call details "
    )
    assert updated.endswith(" ---</p></section>bye<br></html>")


@FORMATS
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (OPENING + " ---", "Details"),
        (CLOSING, "The end"),
        ("--- " + CLOSING, "called back " + CLOSING),
        ("Summary", "Summary, he was furious"),
    ],
)
def test_edited_part_is_left_alone(log_format, ours, theirs):
    body = fence(OLD[log_format], log_format)
    assert ours in body

    assert (
        replace_details(body.replace(ours, theirs), NEW[log_format], log_format) is None
    )


@FORMATS
def test_duplicated_or_cut_part_is_left_alone(log_format):
    body = fence(OLD[log_format], log_format)

    for other in (body + body, body[: len(body) // 2], "", "Ada called."):
        assert replace_details(other, NEW[log_format], log_format) is None


def test_added_picture_is_an_edit():
    body = fence(OLD[HTML], HTML).replace("</ul>", '<li><img src="x.png"></li></ul>')

    assert replace_details(body, NEW[HTML], HTML) is None


@FORMATS
def test_line_ends_and_spaces_are_no_edit(log_format):
    body = fence(OLD[log_format], log_format)

    for other in (body.replace("\n", "\r\n"), body.replace("\n", " \n"), body.strip()):
        assert replace_details(other, NEW[log_format], log_format)


@given(st.text())
def test_any_text_without_our_lines_is_left_alone(body):
    assume(OPENING not in body)

    for log_format in (PLAIN, HTML, MARKDOWN):
        assert replace_details(body, NEW[log_format], log_format) is None


@pytest.mark.parametrize(
    "words",
    [
        f"<div>- Call{' ' * 5000}back tomorrow</div>",
        "<!--" * 4000,
        "<a" * 4000,
        "<" + "a" * 8000,
    ],
)
def test_hostile_text_is_searched_quickly(words):
    """With an expression that tries every way these would take hours."""
    html = LogFormatType.HTML
    ours = fence("<ul><li>x</li></ul>", html)

    assert replace_details(f"{words}{ours}", "<ul></ul>", html) is not None
    inside = ours.replace("<ul>", f"<ul>{words}")
    assert replace_details(inside, "<ul></ul>", html) is None


@pytest.mark.parametrize("edit", ["<IMG src=x>", "<s>x</s>", "<iframe></iframe>"])
def test_edit_without_words_is_an_edit(edit):
    html = LogFormatType.HTML
    body = fence("<ul><li>x</li></ul>", html).replace("</ul>", f"{edit}</ul>")

    assert replace_details(body, "<ul></ul>", html) is None
