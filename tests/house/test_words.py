"""The words of all pages and messages: one for each thing, in plain American English."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GETTEXT = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext"}
AVOIDED = (
    r"left? (it |them )?as (it is|they are)",
    r"kept back|wait(s|ed|ing)? for (somebody|someone|a person)",
    r"on the phone",
    r"(tries|tried|trying) (\w+ ){0,2}(again|anew)",
    r"try (it|them|this|\w+ calls?) again|try anew",
    r"needs? (you|a person)\b",
    r"acknowledg\w+",
    r"nobody|somebody",
    r"owns the record|owner of the record",
    r"several candidates",
    r"(the )?other side",
    r"asked about",
    r"switch(es|ed|ing)? (it |them )?(on|off)|disable[ds]?",
    r"goes on|go on,",
    r"(is|are) in order\b",
    r"credentials (were )?refused|refused? the (stored )?credentials",
    r"feeds?\b|tell(s|ing)? (us )?of\b|told of\b",
    r"anew|meanwhile",
    r"put it right",
    r"e-mails?",
    r"licence\w*|cancelled|colour\w*|favour\w*|behaviour|centre|honour\w*",
    r"organis\w+|recognis\w+|authoris\w+|initialis\w+|judgement|whilst",
    r"please|successful(ly)?|sorry|oops",
    r"\S*\w!(\s|$)",
)
"""Words of earlier releases and others that say less than the ones used instead."""


def words_of_template(path: Path) -> Iterator[str]:
    """Yield the texts of a template: what is translated, and what stands beside it."""
    text = re.sub(
        r"{% comment %}.*?{% endcomment %}|{#.*?#}|<!--.*?-->|<(script|style).*?</\1>",
        " ",
        path.read_text(),
        flags=re.S,
    )
    for quoted in re.findall(r"""(?:translate |_\()("[^"]*"|'[^']*')""", text):
        yield quoted[1:-1]
    plain = re.sub(r"{{.*?}}", "…", text, flags=re.S)
    plain = re.sub(r"{% (blocktranslate|plural|endblocktranslate).*?%}", "\n\n", plain)
    plain = re.sub(r"{%.*?%}", "\n\n", plain, flags=re.S)
    plain = re.sub(r"<[^>]*>", "\n\n", plain, flags=re.S)
    for part in plain.split("\n\n"):
        yield " ".join(part.split())


def words_of_module(path: Path) -> Iterator[str]:
    """Yield the texts of a module that are translated."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            for argument in node.args if name in GETTEXT else ():
                if isinstance(argument, ast.Constant) and isinstance(
                    argument.value, str
                ):
                    yield argument.value


@cache
def texts() -> list[tuple[str, str]]:
    """Return all texts, each with the file that it is in."""
    templates = (ROOT / "templates").rglob("*.html")
    modules = (ROOT / "appconnect").rglob("*.py")
    found = [(path, words_of_template(path)) for path in templates]
    found += [(path, words_of_module(path)) for path in modules]
    texts = [(str(p.relative_to(ROOT)), text) for p, words in found for text in words]
    return texts


@pytest.mark.parametrize("avoided", AVOIDED)
def test_avoided_word_is_nowhere(avoided):
    pattern = re.compile(rf"(?<![\w-])(?:{avoided})", re.I)

    found = [(path, text) for path, text in texts() if pattern.search(text)]

    assert found == []
