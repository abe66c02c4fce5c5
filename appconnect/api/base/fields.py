"""Fields that read a request as App Connect's server does, and describe it.

An unknown member is ignored, and a member of another kind counts as absent.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

MAX_ID_CHARACTERS = 200
NO_SESSION = "0"


def text_of(members: Mapping[str, Any], name: str) -> str:
    """Return a text or a whole number as text; empty where the member is neither."""
    value = members.get(name)
    if isinstance(value, str):
        return value
    return str(value) if TextField.fits(value) else ""


class NamedFaults:
    default_error_messages = {"required": "{name} is missing."}

    def fail(self, key: str, **values: object) -> None:
        super().fail(key, name=self.field_name, **values)


class RequestSerializer(NamedFaults, serializers.Serializer):
    """The members of a request's body or query."""

    @classmethod
    def read(cls, data: object) -> dict[str, Any]:
        """Return every described member. Raises `ValidationError`, which names one."""
        return reader(cls).run_validation(data)

    def run_validation(self, data: object = empty) -> dict[str, Any]:
        is_object = isinstance(data, dict)
        if not is_object and self.parent and self.required:
            self.fail("required")
        return super().run_validation(data if is_object else {})


@cache
def reader(serializer: type[RequestSerializer]) -> RequestSerializer:
    """Return the one instance that reads all requests: copying the fields takes longer."""
    return serializer()


class Lenient(NamedFaults):
    """A field that is optional unless it says `required`."""

    kind: type | tuple[type, ...]
    absent: object = None
    """The value of a member that is absent or of another kind."""

    def __init__(self, *args: Any, missing: str = "", **options: Any):
        """A field with a sentence that says what is `missing` is required."""
        if missing:
            messages = dict.fromkeys(("required", "blank"), missing)
            options |= {"required": True, "error_messages": messages}
        if not options.get("required"):
            options.setdefault("default", lambda: self.absent)
        super().__init__(*args, **options)

    @classmethod
    def fits(cls, value: object) -> bool:
        if isinstance(value, bool):  # to Python also an int
            return cls.kind is bool
        return isinstance(value, cls.kind)

    def run_validation(self, data: object = empty) -> Any:
        return super().run_validation(data if self.fits(data) else empty)


class TextField(Lenient, serializers.CharField):
    """A text, or a whole number as text."""

    kind = (str, int)
    absent = ""
    default_error_messages = {
        "blank": "{name} is missing.",
        "too_long": "{name} is longer than {limit} characters.",
    }

    def __init__(self, *, max_characters: int | None = None, **options: Any):
        self.max_characters = max_characters
        super().__init__(trim_whitespace=False, **options)
        self.allow_blank = options.get("allow_blank", not self.required)

    def to_internal_value(self, data: object) -> str:
        text = super().to_internal_value(data)
        if self.max_characters and len(text) > self.max_characters:
            self.fail("too_long", limit=self.max_characters)
        return text


class StrictTextField(TextField):
    """A text; a number is none."""

    kind = str


@extend_schema_field({"type": ["string", "integer"]})
class IdField(TextField):
    """An id, which a client sends as a text or a number."""


class SessionIdField(IdField):
    """The id of a call in RingCentral's call log; `0` stands for none."""

    def to_internal_value(self, data: object) -> str:
        session_id = super().to_internal_value(data)
        if session_id == NO_SESSION or len(session_id) > MAX_ID_CHARACTERS:
            self.fail("required")
        return session_id


class FlagField(Lenient, serializers.BooleanField):
    kind = bool


@extend_schema_field({"type": "string", "enum": ["true", "false"]})
class SwitchField(serializers.Field):
    """A flag in a query: on for the word `true` alone."""

    def __init__(self, **options: Any):
        super().__init__(default=lambda: False, **options)

    def to_internal_value(self, data: object) -> bool:
        return data == "true"


class ObjectField(Lenient, serializers.DictField):
    """An object as it came; a `child` describes its values and checks none."""

    kind = dict

    def to_internal_value(self, data: dict) -> dict:
        return data


class ListField(Lenient, serializers.ListField):
    """A list as it came: it may be too long for a field's check of each element."""

    kind = list

    def to_internal_value(self, data: list) -> list:
        return data
