"""Phone numbers: one meaning for what is stored, searched, compared, excluded and shown."""

from connector.phone_numbers.compare import is_same_number, same_numbers
from connector.phone_numbers.read import (
    Fault,
    NotANumber,
    is_e164,
    read_number,
    to_e164,
)
from connector.phone_numbers.write import (
    EXTENSION_MAX_DIGITS,
    is_format,
    mask,
    national_digits,
    search_text,
    ways_to_write,
    write_as,
)

__all__ = [
    "EXTENSION_MAX_DIGITS",
    "Fault",
    "NotANumber",
    "is_e164",
    "is_format",
    "is_same_number",
    "mask",
    "national_digits",
    "read_number",
    "same_numbers",
    "search_text",
    "to_e164",
    "ways_to_write",
    "write_as",
]
