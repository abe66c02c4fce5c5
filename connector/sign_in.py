"""What a sign-in at the CRM gave, kept so that not every call signs in anew."""

import threading
from collections.abc import Callable, Mapping

SignedIn = Mapping[str, str]
"""What requests need after a sign-in: a session token, a refresh token, a host."""


class SignInKeeper:
    """Keeps what a sign-in gave for as long as it lives.

    The framework's own keeps it, encrypted, for all workers.
    """

    def __init__(self, kept: SignedIn | None = None) -> None:
        self._kept: SignedIn = kept or {}
        self._lock = threading.Lock()

    def get(self) -> SignedIn:
        """Return what was kept last; empty when nothing was."""
        return self._kept

    def renew(
        self, refused: SignedIn, sign_in: Callable[[SignedIn], SignedIn]
    ) -> SignedIn:
        """Return what is valid in place of `refused`, and keep it.

        Another worker may have signed in meanwhile: then that is returned. Otherwise
        `sign_in` is called with what was kept last, by one worker at a time, because a
        refresh token may be good for one use only.
        """
        with self._lock:
            if self._kept == refused:
                self._kept = sign_in(refused)
            return self._kept
