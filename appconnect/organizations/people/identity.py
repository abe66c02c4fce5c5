"""Who a RingCentral access token belongs to: asked once a minute, not with every request.

After a rate limit, not before the time that RingCentral names: asking starts its wait anew.
"""

import hmac
import math
import time
from hashlib import sha256
from threading import Lock

from appconnect.organizations.connections.ringcentral_connection import ringcentral_app
from appconnect.organizations.models.sealed import derive_key
from appconnect.organizations.people.create_organization import who_is
from appconnect.ringcentral.errors import RateLimited
from appconnect.ringcentral.extensions import ExtensionInfo

LIFETIME_SECONDS = 60.0
"""How long a revoked admin may still be taken for one."""
MAX_TOKENS = 10_000

_answers: dict[bytes, tuple[float, ExtensionInfo | RateLimited]] = {}
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
    asked_at, answer = _answers.get(digest, (0.0, None))
    now = time.monotonic()
    if answer is None or now >= asked_at + lifetime_seconds(answer):
        asked_at = now
        try:
            answer = who_is(access_token)
        except RateLimited as error:
            # Anew: the traceback of what was raised holds the whole request, with the token.
            answer = RateLimited(str(error), retry_after=error.retry_after)
        remember(digest, asked_at, answer)
    if isinstance(answer, RateLimited):
        seconds = asked_at + lifetime_seconds(answer) - now
        raise RateLimited(str(answer), retry_after=math.ceil(seconds))
    return answer


def lifetime_seconds(answer: ExtensionInfo | RateLimited) -> float:
    """Return how long an answer counts."""
    is_limit = isinstance(answer, RateLimited)
    return (answer.retry_after or 0) if is_limit else LIFETIME_SECONDS


def remember(
    digest: bytes, asked_at: float, answer: ExtensionInfo | RateLimited
) -> None:
    with _lock:
        _answers.pop(digest, None)
        if isinstance(answer, RateLimited) or answer.is_admin:
            _answers[digest] = asked_at, answer
        if len(_answers) > MAX_TOKENS:
            del _answers[next(iter(_answers))]


def forget() -> None:
    """Forget all answers."""
    with _lock:
        _answers.clear()
