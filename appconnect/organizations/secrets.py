"""Secrets at rest: AES-256-GCM, bound to the organization, the row and the field they belong to."""

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models
from django.db.models.query_utils import DeferredAttribute

NONCE_BYTES = 12


class UnreadableSecret(Exception):
    """A sealed value was altered, belongs to another row, or its key is gone."""


class Sealed(str):
    """What the database holds: ``v1.<key id>.<base64url of nonce and ciphertext>``."""

    __slots__ = ()


def seal(value: object, *, context: str) -> Sealed:
    """Encrypt a JSON value under the first of `ENCRYPTION_KEYS`, bound to `context`."""
    key_id = next(iter(settings.ENCRYPTION_KEYS))
    nonce = os.urandom(NONCE_BYTES)
    plaintext = json.dumps(value, separators=(",", ":")).encode()
    header = f"v1.{key_id}"
    sealed = _cipher(key_id).encrypt(nonce, plaintext, f"{header}.{context}".encode())
    return Sealed(f"{header}.{urlsafe_b64encode(nonce + sealed).decode()}")


def unseal(sealed: Sealed, *, context: str) -> object:
    """Decrypt what `seal` made for the same `context`. Raises `UnreadableSecret`."""
    version, key_id, encoded = sealed.split(".", 2)
    content = urlsafe_b64decode(encoded)
    nonce, ciphertext = content[:NONCE_BYTES], content[NONCE_BYTES:]
    bound_to = f"{version}.{key_id}.{context}".encode()
    try:
        return json.loads(_cipher(key_id).decrypt(nonce, ciphertext, bound_to))
    except InvalidTag:
        raise UnreadableSecret("The value was altered or belongs elsewhere.") from None


def _cipher(key_id: str) -> AESGCM:
    try:
        return AESGCM(bytes.fromhex(settings.ENCRYPTION_KEYS[key_id]))
    except KeyError:
        raise UnreadableSecret(f"ENCRYPTION_KEYS has no key {key_id!r}.") from None


def derive_key(purpose: str) -> bytes:
    """Return the 32-byte key for `purpose`, derived from `SECRET_KEY`."""
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode())
    return hkdf.derive(settings.SECRET_KEY.encode())


class SealedAttribute(DeferredAttribute):
    """Decrypts when the attribute is read, never when a row is loaded."""

    def __get__(self, instance, cls=None):
        value = super().__get__(instance, cls)
        if isinstance(value, Sealed):
            return unseal(value, context=self.field.context(instance))
        return value

    def __set__(self, instance, value):
        instance.__dict__[self.field.attname] = value


class SealedField(models.TextField):
    """A JSON value, encrypted in the database.

    Lists, ``values()`` and ``dumpdata`` see only the ciphertext. The value is bound to
    its row's organization and key, so a row that is copied to another place is
    unreadable there; the key must exist before the row does (a UUID or a foreign key).
    """

    descriptor_class = SealedAttribute

    def __init__(self, **kwargs):
        super().__init__(**{"null": True, "editable": False, **kwargs})

    def context(self, instance: models.Model) -> str:
        """Return what a value of this row is bound to."""
        organization = getattr(instance, "organization_id", instance.pk)
        return (
            f"{self.model._meta.label_lower}.{self.name}:{organization}:{instance.pk}"
        )

    def from_db_value(self, value, expression, connection):
        return None if value is None else Sealed(value)

    def value_from_object(self, instance):
        return instance.__dict__.get(self.attname)

    def pre_save(self, instance, add):
        value = instance.__dict__.get(self.attname)
        if value is not None and not isinstance(value, Sealed):
            value = seal(value, context=self.context(instance))
            instance.__dict__[self.attname] = value
        return value

    def get_prep_value(self, value):
        if value is not None and not isinstance(value, Sealed):
            raise UnreadableSecret("A sealed field is not compared or updated in bulk.")
        return value
