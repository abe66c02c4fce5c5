"""What must be right before the server starts, said in a line each."""

from django.conf import settings
from django.core.checks import Error, register

KEY_BYTES = 32


@register()
def check_encryption_keys(app_configs, **kwargs):
    hint = "See README, Settings."
    if not settings.ENCRYPTION_KEYS:
        return [Error("ENCRYPTION_KEYS is empty.", hint=hint, id="appconnect.E001")]
    return [
        Error(
            f"ENCRYPTION_KEYS: the key {key_id!r} is not 64 hexadecimal digits.",
            hint=hint,
            id="appconnect.E002",
        )
        for key_id, key in settings.ENCRYPTION_KEYS.items()
        if not is_key(key)
    ]


def is_key(text: str) -> bool:
    try:
        return len(bytes.fromhex(text)) == KEY_BYTES
    except ValueError:
        return False
