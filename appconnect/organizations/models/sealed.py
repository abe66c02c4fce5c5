"""Sealed values: encrypted with AES-256-GCM, and bound to their organization, row and field.

Each organization has a data key of its own, which is sealed under one of `ENCRYPTION_KEYS`.
"""

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models.query_utils import DeferredAttribute

NONCE_BYTES = 12


class UnreadableSecret(Exception):
    """A sealed value was altered, belongs to another row, or its key is missing."""


class Sealed(str):
    """A sealed value as the database stores it.

    ``v1.<key id>.<base64url of nonce and ciphertext>`` under one of `ENCRYPTION_KEYS`:
    the keys of an organization. ``v2.<base64url of nonce and ciphertext>`` under the
    organization's data key: everything else.
    """

    __slots__ = ("decrypted",)
    decrypted: tuple[str, bytes] | None
    """What it was bound to and its text, once `SealedField` has decrypted it."""

    def __init__(self, _value: str):
        self.decrypted = None


def make_key() -> str:
    """Return a new key of 32 bytes, in hexadecimal digits."""
    return os.urandom(32).hex()


def seal(value: object, *, context: str, data_key: bytes | None = None) -> Sealed:
    """Encrypt a JSON value, bound to `context`.

    The key is `data_key`, or the first of `ENCRYPTION_KEYS` where there is none.
    """
    if data_key:
        header, key = "v2", data_key
    else:
        key_id = next(iter(settings.ENCRYPTION_KEYS))
        header, key = f"v1.{key_id}", _master_key(key_id)
    nonce = os.urandom(NONCE_BYTES)
    plaintext = json.dumps(value, separators=(",", ":")).encode()
    sealed = AESGCM(key).encrypt(nonce, plaintext, f"{header}.{context}".encode())
    return Sealed(f"{header}.{urlsafe_b64encode(nonce + sealed).decode()}")


def decrypt(sealed: Sealed, *, context: str, data_key: bytes | None = None) -> bytes:
    """Return the JSON text that `seal` has encrypted. Raises `UnreadableSecret`."""
    header, _, encoded = sealed.rpartition(".")
    key = data_key if header == "v2" else _master_key(key_id_of(sealed))
    if key is None:
        raise UnreadableSecret("The value is sealed under a data key.")
    content = urlsafe_b64decode(encoded)
    nonce, ciphertext = content[:NONCE_BYTES], content[NONCE_BYTES:]
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, f"{header}.{context}".encode())
    except InvalidTag:
        raise UnreadableSecret("The value was altered or belongs elsewhere.") from None


def key_id_of(sealed: str) -> str:
    """Return which of `ENCRYPTION_KEYS` a value is sealed under; empty: a data key."""
    header, *key_id, _ = sealed.split(".")
    return key_id[0] if header == "v1" else ""


def _master_key(key_id: str) -> bytes:
    try:
        return bytes.fromhex(settings.ENCRYPTION_KEYS[key_id])
    except KeyError:
        raise UnreadableSecret(f"ENCRYPTION_KEYS has no key {key_id!r}.") from None


_data_keys: dict[UUID, bytes] = {}
"""The data keys that this process has unsealed. A data key never changes."""


def data_key_of(organization_id: UUID) -> bytes:
    """Return an organization's data key. Raises `UnreadableSecret` where it is not stored."""
    if organization_id not in _data_keys:
        organizations = apps.get_model("organizations", "Organization")._base_manager
        stored = organizations.only("data_key").filter(pk=organization_id).first()
        if stored is None:
            raise UnreadableSecret("The organization of the value is not stored.")
        _data_keys[organization_id] = bytes.fromhex(stored.data_key)
    return _data_keys[organization_id]


def derive_key(purpose: str) -> bytes:
    """Return the 32-byte key for `purpose`, derived from `SECRET_KEY`."""
    return _derive(settings.SECRET_KEY, purpose)


@cache
def _derive(secret: str, purpose: str) -> bytes:
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode())
    return hkdf.derive(secret.encode())


class SealedAttribute(DeferredAttribute):
    """Unseals the value when the attribute is read, not when the row is loaded."""

    def __get__(self, instance, cls=None):
        value = super().__get__(instance, cls)
        if not isinstance(value, Sealed):
            return value
        return json.loads(self.field.decrypt(value, instance))

    def __set__(self, instance, value):
        instance.__dict__[self.field.attname] = value


class SealedField(models.TextField):
    """A JSON value, sealed in the database.

    ``values()`` and ``dumpdata`` give the ciphertext only. The value is bound to its
    row's organization and primary key: copied to another row it is unreadable. The
    primary key must be set before the row is saved (a UUID or a foreign key).
    """

    descriptor_class = SealedAttribute

    def __init__(self, **kwargs):
        super().__init__(**{"null": True, "editable": False, **kwargs})

    def context(self, instance: models.Model) -> str:
        """Return the text that a value of this row is bound to."""
        organization = getattr(instance, "organization_id", instance.pk)
        return (
            f"{self.model._meta.label_lower}.{self.name}:{organization}:{instance.pk}"
        )

    def data_key(self, instance: models.Model) -> bytes | None:
        """Return the data key of the row's organization; None for its own keys."""
        organization_id = getattr(instance, "organization_id", None)
        return data_key_of(organization_id) if organization_id else None

    def seal(self, value: object, instance: models.Model) -> Sealed:
        context, data_key = self.context(instance), self.data_key(instance)
        return seal(value, context=context, data_key=data_key)

    def decrypt(self, sealed: Sealed, instance: models.Model) -> bytes:
        """Decrypt a value once: a call's facts are read many times."""
        context = self.context(instance)
        if sealed.decrypted is None or sealed.decrypted[0] != context:
            data_key = self.data_key(instance)
            text = decrypt(sealed, context=context, data_key=data_key)
            sealed.decrypted = context, text
        return sealed.decrypted[1]

    def from_db_value(self, value, expression, connection):
        return None if value is None else Sealed(value)

    def value_from_object(self, instance):
        return instance.__dict__.get(self.attname)

    def pre_save(self, instance, add):
        value = instance.__dict__.get(self.attname)
        if value is not None and not isinstance(value, Sealed):
            value = self.seal(value, instance)
            instance.__dict__[self.attname] = value
        return value

    def get_prep_value(self, value):
        if value is not None and not isinstance(value, Sealed):
            raise UnreadableSecret("A sealed field is not compared or updated in bulk.")
        return value
