from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found out about one operation or member; `is_good` is False for a mistake."""

    operation: str
    text: str
    is_good: bool = True
