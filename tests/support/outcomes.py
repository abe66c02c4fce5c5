"""What is to become of the call of each of the sandbox's scripts."""

NEVER_HEARD_OF = {"verification_call"}
"""RingCentral makes these for itself."""
UNMAPPED = {"ai_receptionist", "message_only"}
"""These reach an extension that is mapped to nobody."""
SKIPPED = {
    "anonymous",
    "colleague_number",
    "extension_to_extension",
    "fax",
    "main_number",
    "masked_number",
    "unknown_number",
}
MOVED = {
    "attended_transfer",
    "blind_transfer",
    "park_pickup",
    "taken_over",
    "warm_transfer",
}
"""In the end these are a colleague's."""
OWNERS = {"101": "u1", "102": "u2", "103": "u3", "104": "u4", "105": "u5", "106": "u6"}
"""The CRM user of each extension."""


def state_of(script: str) -> str:
    """Return the state in which a call of this script ends; empty where there is no call."""
    if script in NEVER_HEARD_OF:
        return ""
    if script in UNMAPPED:
        return "NEEDS_ATTENTION"
    return "SKIPPED" if script in SKIPPED else "LOGGED"


def owner_of(script: str, extension: str) -> str | None:
    """Return the CRM user who is to own the record of a call; None where there is none."""
    if state_of(script) != "LOGGED":
        return None
    if script == "queue":
        return OWNERS[extension if extension in ("103", "104", "105") else "104"]
    if script in MOVED:
        return OWNERS["103" if extension == "102" else "102"]
    return OWNERS[extension]
