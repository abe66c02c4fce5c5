"""What can go wrong at a CRM. A class answers: will trying again help, and if not, who must act?

A message is a sentence that an admin reads. It never carries a payload, a header,
a credential or a third party's phone number.
"""


class ConnectorError(Exception):
    """A connector could not carry out a request."""


class TemporaryError(ConnectorError):
    """Nothing was written; trying again later may work: a timeout, a 5xx reply, a rate limit."""

    def __init__(self, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds to wait that the CRM asked for, or None."""


class RateLimited(TemporaryError):
    """The CRM wants fewer requests; every one before `retry_after` may make it worse."""


class UnknownOutcome(ConnectorError):
    """A record was sent and no clear answer came back: it may or may not be there.

    Never to be repeated blindly; `Connector.find_call_logs` is how to find out.
    """


class PermanentError(ConnectorError):
    """Nothing was written, and the same request will be refused again."""


class CredentialsRejected(PermanentError):
    """The CRM refused the credentials; an admin must replace them."""


class SignInEnded(CredentialsRejected):
    """A person's sign-in has ended, and only they can renew it: by connecting again."""


class InvalidSettings(PermanentError):
    """The value of one additional field is wrong; an admin must correct it."""

    def __init__(self, message: str, *, const: str) -> None:
        super().__init__(message)
        self.const = const
        """The additional field's `const`."""


class NotSupported(PermanentError):
    """This connector does not implement the interface."""
