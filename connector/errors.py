"""What can go wrong at a CRM. A class answers: will trying again help, and if not, who must act?

A message is a sentence that an admin reads. It never carries a payload, a header,
a credential or a third party's phone number. The CRM's own words about it travel as the
error's `reason`, cleaned of all these.
"""

import re
import unicodedata
from html import unescape

MAX_REASON_LENGTH = 200
MAX_RAW_REASON_LENGTH = 800
ASCII_SIGNS = "".join(map(chr, range(0x21, 0x7F)))
ELLIPSIS = "…"
TAG = re.compile(r"<[^<>]*>")
PRIVATE = re.compile(
    r"""
    https?://\S+
    | [^\s@<>"'(,;]+@[^\s@<>"'),;]+                               # an e-mail address
    | \+?\d(?:[\W_]{0,3}\d){5,}                                # a phone number
    | (?<=bearer\ )\S+ | (?<=basic\ )\S+
    | (?=[\w.+/=~-]*\d)(?=[\w.+/=~-]*[a-z])[\w.+/=~-]{20,}     # a token
    """,
    re.VERBOSE | re.IGNORECASE,
)
NAMED_SECRET = re.compile(
    r"""(pass\w*|secret|token|key)("?\s*[:=]\s*"?)(?=\S*\d|\S{12})[^\s",;]+""",
    re.IGNORECASE,
)


def clean_reason(text: str) -> str:
    """Return a CRM's words as one short line without markup, numbers, addresses or secrets.

    Six digits or more count as a number. Cleaning twice changes nothing more.
    """
    text = cut(text, MAX_RAW_REASON_LENGTH)
    while (plain := TAG.sub(" ", unescape(text))) != text:
        text = plain
    text = "".join(
        " " if unicodedata.category(character).startswith("C") else character
        for character in text
    )
    while (masked := mask(text)) != text:  # what is left may make a new number
        text = masked
    return cut(text, MAX_REASON_LENGTH)


def mask(text: str) -> str:
    """Return the text on one line, without what its patterns take for private."""
    masked = PRIVATE.sub(ELLIPSIS, " ".join(text.split()))
    return NAMED_SECRET.sub(rf"\1\2{ELLIPSIS}", masked)


def cut(text: str, length: int) -> str:
    """Return the text, shortened before a word: half a secret would not be recognized."""
    if len(text) <= length:
        return text
    return text[: length - 1].rstrip(ASCII_SIGNS).rstrip() + ELLIPSIS


class ConnectorError(Exception):
    """A connector could not carry out a request.

    `reason` is what the CRM itself says about it, raw: it is cleaned here, and
    `HttpConnector.send` takes out the secrets and texts of the request.
    """

    def __init__(self, message: str, *, reason: str = "") -> None:
        super().__init__(message)
        self.reason = clean_reason(reason)

    @property
    def full_message(self) -> str:
        """The message and the CRM's own reason, for an admin: not for logs or mails."""
        return f"{self} It says: “{self.reason}”" if self.reason else str(self)


class TemporaryError(ConnectorError):
    """Nothing was written; trying again later may work: a timeout, a 5xx reply, a rate limit."""

    def __init__(
        self, message: str, *, retry_after: int | None = None, reason: str = ""
    ) -> None:
        super().__init__(message, reason=reason)
        self.retry_after = retry_after
        """Seconds to wait that the CRM asked for, or None."""


class RateLimited(TemporaryError):
    """The CRM wants fewer requests; every one before `retry_after` may make it worse."""


class UnknownOutcome(ConnectorError):
    """A record was sent and no clear answer came back: it may or may not be there.

    Never to be repeated blindly; `Connector.find_call_logs` is how to find out.
    """


class AlreadyExists(UnknownOutcome):
    """The CRM refused to create it because it seems to have it already."""


class PermanentError(ConnectorError):
    """Nothing was written, and the same request will be refused again."""


class CredentialsRejected(PermanentError):
    """The CRM refused the credentials; an admin must replace them."""


class SignInEnded(CredentialsRejected):
    """A person's sign-in has ended, and only they can renew it: by connecting again."""


class InvalidSettings(PermanentError):
    """The value of one additional field is wrong; an admin must correct it."""

    def __init__(self, message: str, *, const: str, reason: str = "") -> None:
        super().__init__(message, reason=reason)
        self.const = const
        """The additional field's `const`."""


class NotSupported(PermanentError):
    """This connector does not implement the interface."""
