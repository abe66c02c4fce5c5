"""Parts of a document that are written once: ``{"$use": "name"}`` is a fragment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.declarative.documents.document import InvalidDocument
from connector.manifest.faults import did_you_mean

FRAGMENTS, USE = "fragments", "$use"
MAX_NESTED_FRAGMENTS = 5
MAX_VALUES = 50_000


def expand_fragments(raw: Any) -> Any:
    """Return the document with its fragments where they are used, and no list of them.

    What is beside ``$use`` replaces the fragment's own members. Raises `InvalidDocument`.
    """
    if not isinstance(raw, dict):
        return raw
    fragments = raw.get(FRAGMENTS, {})
    if not isinstance(fragments, dict):
        raise InvalidDocument(f"{FRAGMENTS}: must be an object")
    expansion = _Expansion(fragments)
    rest = {name: value for name, value in raw.items() if name != FRAGMENTS}
    expanded = expansion.expand(rest, "", ())
    for name in fragments:
        if name not in expansion.used:
            raise InvalidDocument(f"{FRAGMENTS}.{name}: is used nowhere")
    return expanded


class _Expansion:
    def __init__(self, fragments: Mapping[str, Any]) -> None:
        self.fragments = fragments
        self.used: set[str] = set()
        self._count = 0

    def expand(self, value: Any, at: str, inside: tuple[str, ...]) -> Any:
        """Return the value with its fragments; `inside` are those that it is part of."""
        self._count += 1
        if self._count > MAX_VALUES:
            raise InvalidDocument(f"{FRAGMENTS}: make the document too long")
        if isinstance(value, list):
            return [
                self.expand(item, f"{at}[{index}]", inside)
                for index, item in enumerate(value)
            ]
        if not isinstance(value, dict):
            return value
        own = {
            name: self.expand(member, f"{at}.{name}", inside)
            for name, member in value.items()
            if name != USE
        }
        if USE not in value:
            return own
        fragment = self._fragment(value[USE], f"{at}.{USE}".lstrip("."), inside)
        if not own:
            return fragment
        if not isinstance(fragment, dict):
            reason = "the fragment is no object, so nothing can be beside it"
            raise InvalidDocument(f"{at.lstrip('.')}: {reason}")
        return {**fragment, **own}

    def _fragment(self, name: Any, at: str, inside: tuple[str, ...]) -> Any:
        if not isinstance(name, str) or name not in self.fragments:
            hint = did_you_mean(name, self.fragments)
            raise InvalidDocument(f"{at}: {name} is not among the {FRAGMENTS}{hint}")
        if name in inside or len(inside) >= MAX_NESTED_FRAGMENTS:
            reason = (
                f"is inside itself, or more than {MAX_NESTED_FRAGMENTS} levels deep"
            )
            raise InvalidDocument(f"{FRAGMENTS}.{name}: {reason}")
        self.used.add(name)
        where = f"{FRAGMENTS}.{name}"
        return self.expand(self.fragments[name], where, (*inside, name))
