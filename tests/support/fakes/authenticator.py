"""A device with passkeys, as a browser lets pages use it: it answers their options."""

import json
import os
from html import unescape
from re import search

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import sha256, websafe_decode, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

FLAG = AuthenticatorData.FLAG


def options_of(page: str) -> dict[str, object]:
    """Return the options that a page gives to the browser."""
    [text] = search(r'data-options="([^"]*)"', page).groups()
    return json.loads(unescape(text))["publicKey"]


class Authenticator:
    """One passkey. What a test sets on it, it lies about."""

    def __init__(self, origin: str):
        self.origin = origin
        self.rp_id = origin.split("://")[1].partition(":")[0]
        self.flags = FLAG.UP | FLAG.UV
        self.count = 0
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential_id = os.urandom(16)

    def create(self, options: dict[str, object]) -> str:
        """Return the answer with a new passkey."""
        data = self.data(FLAG.AT, self.credential())
        attested = AttestationObject.create("none", data, {})
        client_data = self.client_data("webauthn.create", options)
        return self.answer(
            attestationObject=attested, clientDataJSON=client_data, transports=[]
        )

    def credential(self) -> AttestedCredentialData:
        public_key = ES256.from_cryptography_key(self.key.public_key())
        return AttestedCredentialData.create(
            Aaguid.NONE, self.credential_id, public_key
        )

    def get(self, options: dict[str, object]) -> str:
        """Return the answer that proves that the passkey is there."""
        data = self.data()
        client_data = self.client_data("webauthn.get", options)
        signed = data + client_data.hash
        signature = self.key.sign(signed, ec.ECDSA(SHA256()))
        return self.answer(
            authenticatorData=data, clientDataJSON=client_data, signature=signature
        )

    def data(self, flags: int = 0, credential: bytes = b"") -> AuthenticatorData:
        return AuthenticatorData.create(
            sha256(self.rp_id.encode()), self.flags | flags, self.count, credential
        )

    def client_data(self, kind: str, options: dict[str, object]) -> CollectedClientData:
        challenge = websafe_decode(options["challenge"])
        return CollectedClientData.create(kind, challenge, self.origin)

    def answer(self, **parts: object) -> str:
        name = websafe_encode(self.credential_id)
        response = {
            key: websafe_encode(part) if isinstance(part, bytes) else part
            for key, part in parts.items()
        }
        return json.dumps(
            {
                **{"id": name, "rawId": name, "type": "public-key"},
                **{"clientExtensionResults": {}, "response": response},
            }
        )
