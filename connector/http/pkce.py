"""Proof Key for Code Exchange, RFC 7636: a stolen authorization code is of no use."""

import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256


def make_code_verifier() -> str:
    """Return a new secret, to be stored here and sent only when the code is redeemed."""
    return secrets.token_urlsafe(48)


def challenge(code_verifier: str) -> dict[str, str]:
    """Return the parameters of the authorization request; they do not reveal the verifier."""
    digest = sha256(code_verifier.encode()).digest()
    return {
        "code_challenge": urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
