"""Faults in a JSON file as lines: the path, what is wrong, and what may be meant."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

MAX_FAULTS = 20


def faults_in(document: Any, validator: Draft202012Validator, name: str) -> list[str]:
    """Return a line with path and reason for each fault that the schema finds."""
    errors = sorted(
        validator.iter_errors(document), key=lambda e: list(map(str, e.path))
    )
    return [
        f"{path or name}: {reason}"
        for error in errors[:MAX_FAULTS]
        for path, reason in describe(error)
    ]


def describe(error: ValidationError) -> Iterator[tuple[str, str]]:
    """Yield the path and the reason of a fault; long values are shortened."""
    path = error.json_path.removeprefix("$").removeprefix(".")
    given: Any = error.instance
    allowed: Any = error.validator_value
    match error.validator:
        case "required":
            missing = next(member for member in allowed if member not in given)
            yield f"{path}.{missing}".removeprefix("."), "is missing"
        case "enum":
            hint = did_you_mean(given, allowed)
            yield path, f"{short(given)} is not one of {', '.join(allowed)}{hint}"
        case "type":
            yield path, f"must be of type {allowed}"
        case "maxItems":
            yield path, f"has {len(given)} items; at most {allowed} are allowed"
        case "maxLength":
            yield path, f"is longer than {allowed} characters"
        case "additionalProperties" if isinstance(error.schema, dict):
            properties = error.schema.get("properties", {})
            also = "|".join(error.schema.get("patternProperties", ())) or r"(?!)"
            for member in given:
                if member not in properties and not re.search(also, member):
                    where = f"{path}.{short(member)}".removeprefix(".")
                    hint = did_you_mean(member, properties)
                    known = f"; known here: {', '.join(properties)}"
                    yield where, f"is not known{hint or known}"
        case _:
            yield path, short(error.message, 200)


def did_you_mean(word: object, choices: Iterable[str]) -> str:
    """Return a hint at the choice most like `word`, or an empty string."""
    folded = {name.lower(): name for name in choices}
    close = get_close_matches(str(word).lower(), folded, n=1)
    return f"; did you mean {folded[close[0]]}?" if close else ""


def short(value: object, length: int = 40) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= length else text[:length] + "…"
