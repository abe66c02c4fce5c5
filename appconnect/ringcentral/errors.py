"""What can go wrong at RingCentral. Messages are for admins; they carry no token and no number."""

LACKS_PERMISSION = frozenset({"CMN-401", "CMN-402", "CMN-408", "OAU-167"})
"""Inner error codes for a missing permission of the app, admin, user role or site."""


class RingCentralError(Exception):
    """RingCentral did not carry out a request."""


class Unavailable(RingCentralError):
    """No usable answer, a 5xx or a rate limit: trying again later may work."""

    def __init__(self, message: str, *, retry_after: int | None = None):
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds that RingCentral asked to wait, or None."""


class RateLimited(Unavailable):
    """Too many requests. Every further request before `retry_after` starts the wait anew."""


class TokenRejected(RingCentralError):
    """The access token is not, or no longer, accepted."""


class TokenExpired(Unavailable):
    """The access token was rejected and deleted: the next attempt signs in again."""


class SignInRefused(RingCentralError):
    """RingCentral refuses the stored sign-in: an admin must connect again."""


class Refused(RingCentralError):
    """RingCentral understood and refused; the same request will be refused again."""

    def __init__(self, message: str, *, status: int, code: str):
        super().__init__(message)
        self.status = status
        self.code = code
        """RingCentral's inner error code, such as ``CMN-408``."""

    @property
    def lacks_permission(self) -> bool:
        """Whether the app or its user lacks a permission, which a person must give."""
        return self.code in LACKS_PERMISSION
