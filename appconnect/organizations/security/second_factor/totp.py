"""The codes of authenticator apps: TOTP (RFC 6238), six digits, each for 30 seconds."""

import os
from base64 import b32decode, b32encode
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.utils.crypto import constant_time_compare

from appconnect.organizations.models import AuthenticatorApp

DIGITS = 6
STEP_SECONDS = 30
MAX_DRIFT_STEPS = 1
"""How far a phone's clock may be off, either way."""
SECRET_BYTES = 20
"""As RFC 4226, section 4, recommends."""
ISSUER = "Call Logging"


def make_secret() -> str:
    """Return a new secret, in base32 as people type it."""
    return b32encode(os.urandom(SECRET_BYTES)).decode()


def address_of(app: AuthenticatorApp) -> str:
    """Return the otpauth address that the QR code holds. It contains the secret."""
    account = app.member.user.get_username()
    return totp_of(app).get_provisioning_uri(account, ISSUER)


def use_code(app: AuthenticatorApp, code: str, *, now: datetime) -> bool:
    """Use up a code; return whether it is right and neither it nor a later one was used."""
    step = step_of(app, code, now=now)
    if step is None:
        return False
    unused = AuthenticatorApp.objects.filter(pk=app.pk, last_step__lt=step)
    return unused.update(last_step=step, last_used_at=now) == 1


def step_of(app: AuthenticatorApp, code: str, *, now: datetime) -> int | None:
    """Return which 30 seconds near `now` a code belongs to; None: it is wrong."""
    totp = totp_of(app)
    present = int(now.timestamp()) // STEP_SECONDS
    near = range(present - MAX_DRIFT_STEPS, present + MAX_DRIFT_STEPS + 1)
    matching = [
        step
        for step in near
        if constant_time_compare(totp.generate(step * STEP_SECONDS).decode(), code)
    ]
    return matching[0] if matching else None


def totp_of(app: AuthenticatorApp) -> TOTP:
    # Many apps ignore which algorithm they are told and use SHA-1, which is sound in HMAC.
    return TOTP(b32decode(app.secret), DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303
