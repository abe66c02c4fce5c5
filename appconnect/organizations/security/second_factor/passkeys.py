"""Passkeys: WebAuthn credentials as a second factor, checked by Yubico's library."""

import json
import struct
from contextlib import suppress
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from django.conf import settings
from django.db.models import Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from appconnect.organizations.models import Member, Passkey

RELYING_PARTY = "Call Logging"
MAX_ANSWER_LENGTH = 20_000
DEFAULT_PORTS = {"http": 80, "https": 443}
FAULTS = (
    *(ValueError, TypeError, LookupError, AttributeError, AssertionError),
    *(NotImplementedError, RecursionError, OverflowError),
    *(struct.error, UnsupportedAlgorithm),
)
"""What the library raises about an answer that is none."""


class PasskeyRefused(Exception):
    """The browser's answer proves nothing; the message says so to people."""


def origin() -> str:
    """Return the origin of the pages, as a browser writes it in its answers."""
    url = urlsplit(settings.PUBLIC_URL)
    is_default = url.port in (None, DEFAULT_PORTS[url.scheme])
    return f"{url.scheme}://{host()}{'' if is_default else f':{url.port}'}"


def host() -> str:
    """Return the host that passkeys are for; of this machine's addresses, its name."""
    name = urlsplit(settings.PUBLIC_URL).hostname or ""
    try:
        return "localhost" if ip_address(name).is_loopback else name
    except ValueError:
        return name


def are_possible() -> bool:
    """Return whether browsers make passkeys for these pages: https, and a name."""
    try:
        ip_address(host())
    except ValueError:
        return origin().startswith("https://") or host() == "localhost"
    return False


def creation_options(member: Member, challenge: bytes) -> dict[str, object]:
    """Return what a browser needs to make a passkey for a member."""
    user = PublicKeyCredentialUserEntity(
        id=salted_hmac("passkey user", str(member.pk), algorithm="sha256").digest(),
        name=member.user.get_username(),
        display_name=str(member),
    )
    options, _state = server().register_begin(
        user,
        credentials_of(member),
        resident_key_requirement=ResidentKeyRequirement.PREFERRED,
        user_verification=UserVerificationRequirement.REQUIRED,
        challenge=challenge,
    )
    return dict(options)


def request_options(member: Member, challenge: bytes) -> dict[str, object]:
    """Return what a browser needs to answer with one of a member's passkeys."""
    options, _state = server().authenticate_begin(
        credentials_of(member), UserVerificationRequirement.REQUIRED, challenge
    )
    return dict(options)


def read_passkey(member: Member, answer: str, *, challenge: bytes) -> Passkey:
    """Return the passkey that a browser made, not saved yet. Raises `PasskeyRefused`."""
    try:
        made = server().register_complete(state_of(challenge), parse(answer))
        credential = made.credential_data
        check_key(credential.public_key)
        count = made.counter
    except FAULTS as error:
        raise PasskeyRefused(_("The passkey wasn't added. Try again.")) from error
    return Passkey(
        organization=member.organization,
        member=member,
        credential_id=websafe_encode(credential.credential_id),
        credential=websafe_encode(credential),
        sign_count=count,
    )


def use_passkey(
    member: Member, answer: str, *, challenge: bytes, now: datetime
) -> Passkey:
    """Check the answer of one of a member's passkeys. Raises `PasskeyRefused`.

    A passkey that counts must have counted on, or there is a copy of it.
    """
    try:
        response = AuthenticationResponse.from_dict(parse(answer))
        used = server().authenticate_complete(
            state_of(challenge), credentials_of(member), response
        )
        count = response.response.authenticator_data.counter
    except FAULTS as error:
        raise PasskeyRefused(_("The passkey wasn't accepted. Try again.")) from error
    own = member.passkeys.filter(credential_id=websafe_encode(used.credential_id))
    # Synchronized passkeys do not count: theirs stays 0.
    expected = Q(sign_count__lt=count) if count else Q(sign_count=0)
    if not own.filter(expected).update(sign_count=count, last_used_at=now):
        raise PasskeyRefused(
            _("This passkey may have been copied. Remove it, and add another.")
        )
    return own.get()


def check_key(key: CoseKey) -> None:
    """Raise one of `FAULTS` if signatures of a key could not be checked later on."""
    if key[3] not in CoseKey.supported_algorithms():
        raise ValueError("Unsupported algorithm.")
    with suppress(InvalidSignature):  # what is no key raises something else
        key.verify(b"", b"")


def server() -> Fido2Server:
    party = PublicKeyCredentialRpEntity(name=RELYING_PARTY, id=host())
    # Without this any host below the same domain would do.
    return Fido2Server(party, verify_origin=lambda claimed: claimed == origin())


def credentials_of(member: Member) -> list[AttestedCredentialData]:
    stored = member.passkeys.values_list("credential", flat=True)
    return [AttestedCredentialData(websafe_decode(credential)) for credential in stored]


def state_of(challenge: bytes) -> dict[str, object]:
    """Return the library's own state, made from the challenge alone."""
    return {
        "challenge": websafe_encode(challenge),
        "user_verification": UserVerificationRequirement.REQUIRED,
    }


def parse(answer: str) -> object:
    if len(answer) > MAX_ANSWER_LENGTH:
        raise ValueError("The answer is too long.")
    return json.loads(answer)
