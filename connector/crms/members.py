"""Members of a CRM's reply, which may lack what its documentation promises."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeVar

from connector.errors import PermanentError, TemporaryError, UnknownOutcome

T = TypeVar("T")
JsonObject = dict[str, Any]


def get_member(reply: Any, *path: str, kind: type[T]) -> T:
    """Return what stands at `path`. Raises `TemporaryError` where that is not a `kind`."""
    value = reply
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, kind):
        missing = f"“{'.'.join(path)}”" if path else "a JSON object"
        raise TemporaryError(f"The CRM answered without {missing}.")
    return value


def get_url(reply: Any, name: str) -> str:
    """Return an address, without a slash at its end. Raises `TemporaryError` for none."""
    url = get_member(reply, name, kind=str)
    if not url.startswith(("https://", "http://")):
        raise TemporaryError(f"The CRM answered without an address in “{name}”.")
    return url.rstrip("/")


def get_new_id(reply: Any, *path: str) -> str:
    """Return the id of what was created. Raises `UnknownOutcome` where there is none."""
    if new_id := id_from(get_member(reply, *path, kind=object)):
        return new_id
    raise UnknownOutcome(
        "The CRM answered without an id; the record may or may not be there."
    )


def get_objects(reply: Any, *path: str) -> list[JsonObject]:
    """Return the objects with an `id` of a list. Raises `TemporaryError` for no list."""
    items = get_member(reply, *path, kind=list)
    return [item for item in items if get_id(item)]


def get_id(item: Any) -> str:
    """Return what identifies an object, as text; empty where nothing does."""
    return id_from(item.get("id")) if isinstance(item, dict) else ""


def id_from(value: Any) -> str:
    is_id = isinstance(value, int | str) and not isinstance(value, bool)
    return str(value) if is_id else ""


def get_number(item: JsonObject, name: str) -> int | None:
    """Return a whole number; None where it is missing or null."""
    value = item.get(name)
    return value if type(value) is int else None


def get_text(item: JsonObject, name: str) -> str:
    """Return a text; an empty one where it is missing or null."""
    value = item.get(name)
    return value if isinstance(value, str) else ""


def get_time(item: JsonObject, name: str) -> datetime | None:
    """Return a time in UTC, from ISO 8601 or milliseconds since 1970; None for anything else."""
    value = item.get(name)
    try:
        if isinstance(value, str):
            at = datetime.fromisoformat(value)
            return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
        if isinstance(value, int):
            return datetime.fromtimestamp(value / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def as_number(record_id: str) -> int:
    """Return an id as a number. Raises `PermanentError` for one that the CRM cannot have."""
    if not record_id.isdecimal():
        raise PermanentError("This is not an id of the CRM: they are numbers.")
    return int(record_id)
