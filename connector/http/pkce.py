"""Proof Key for Code Exchange, RFC 7636: a code is good for nobody but who asked for it."""

import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256


def make_code_verifier() -> str:
    """Return a secret: kept here, and shown only when the code is redeemed."""
    return secrets.token_urlsafe(48)


def challenge(code_verifier: str) -> dict[str, str]:
    """Return what a person is sent to the sign-in page with; it gives nothing away."""
    digest = sha256(code_verifier.encode()).digest()
    return {
        "code_challenge": urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
