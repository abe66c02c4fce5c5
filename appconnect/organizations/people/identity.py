"""Who a RingCentral access token belongs to: asked once a minute, not with every request."""

import hmac
import time
from hashlib import sha256
from threading import Lock

from appconnect.organizations.connections.ringcentral_connection import ringcentral_app
from appconnect.organizations.models.sealed import derive_key
from appconnect.organizations.people.create_organization import who_is
from appconnect.ringcentral.extensions import ExtensionInfo

LIFETIME_SECONDS = 60.0
"""How long a revoked admin may still be taken for one."""
MAX_TOKENS = 10_000

_answers: dict[bytes, tuple[float, ExtensionInfo]] = {}
"""Keyed digest of a token → when RingCentral was asked, and its answer; the oldest first."""
_lock = Lock()


def identify(access_token: str) -> ExtensionInfo:
    """Return the extension of an access token. Raises a `RingCentralError`.

    An admin's is remembered in this process for a minute. Whoever is refused is asked
    about again: they may have the right by then.
    """
    digest = hmac.digest(
        derive_key("identities"),
        f"{ringcentral_app().server} {access_token}".encode(),
        sha256,
    )
    asked_at, extension = _answers.get(digest, (-LIFETIME_SECONDS, None))
    now = time.monotonic()
    if extension is not None and now < asked_at + LIFETIME_SECONDS:
        return extension
    extension = who_is(access_token)
    with _lock:
        _answers.pop(digest, None)
        if extension.is_admin:
            _answers[digest] = now, extension
        if len(_answers) > MAX_TOKENS:
            del _answers[next(iter(_answers))]
    return extension


def forget() -> None:
    """Forget all answers."""
    with _lock:
        _answers.clear()
