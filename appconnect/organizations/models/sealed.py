"""Secrets at rest: AES-256-GCM, bound to the organization, the row and the field they belong to.

Each organization has a data key of its own, which is stored under `ENCRYPTION_KEYS`.
"""

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
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
    """A sealed value was altered, belongs to another row, or its key is gone."""


class Sealed(str):
    """What the database holds.

    ``v2.<base64url of nonce and ciphertext>`` is under the organization's data key; that
    key and the organization's own values are ``v1.<key id>.<the same>``, under one of
    `ENCRYPTION_KEYS`. So was everything before organizations had a data key.
    """

    __slots__ = ()


def make_key() -> str:
    """Return a new key of 32 bytes, in hexadecimal digits."""
    return os.urandom(32).hex()


def seal(value: object, *, context: str, data_key: bytes | None = None) -> Sealed:
    """Encrypt a JSON value, bound to `context`.

    Under `data_key`; without one, under the first of `ENCRYPTION_KEYS`.
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


def unseal(sealed: Sealed, *, context: str, data_key: bytes | None = None) -> object:
    """Decrypt what `seal` made for the same `context`. Raises `UnreadableSecret`."""
    header, _, encoded = sealed.rpartition(".")
    key = data_key if header == "v2" else _master_key(key_id_of(sealed))
    if key is None:
        raise UnreadableSecret("The organization has no data key.")
    content = urlsafe_b64decode(encoded)
    nonce, ciphertext = content[:NONCE_BYTES], content[NONCE_BYTES:]
    try:
        plaintext = AESGCM(key).decrypt(
            nonce, ciphertext, f"{header}.{context}".encode()
        )
    except InvalidTag:
        raise UnreadableSecret("The value was altered or belongs elsewhere.") from None
    return json.loads(plaintext)


def key_id_of(sealed: str) -> str:
    """Return which of `ENCRYPTION_KEYS` a value is under; empty: a data key."""
    header, *key_id, _ = sealed.split(".")
    return key_id[0] if header == "v1" else ""


def _master_key(key_id: str) -> bytes:
    try:
        return bytes.fromhex(settings.ENCRYPTION_KEYS[key_id])
    except KeyError:
        raise UnreadableSecret(f"ENCRYPTION_KEYS has no key {key_id!r}.") from None


_data_keys: dict[UUID, bytes] = {}
"""What was unsealed once in this process. A data key never changes."""


def data_key_of(organization_id: UUID) -> bytes | None:
    """Return an organization's data key; None where a release without them made it."""
    if organization_id not in _data_keys:
        organizations = apps.get_model("organizations", "Organization")._base_manager
        stored = organizations.only("data_key").filter(pk=organization_id).first()
        if stored is None or stored.data_key is None:
            return None
        _data_keys[organization_id] = bytes.fromhex(stored.data_key)
    return _data_keys[organization_id]


def derive_key(purpose: str) -> bytes:
    """Return the 32-byte key for `purpose`, derived from `SECRET_KEY`."""
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode())
    return hkdf.derive(settings.SECRET_KEY.encode())


class SealedAttribute(DeferredAttribute):
    """Decrypts when the attribute is read, never when a row is loaded."""

    def __get__(self, instance, cls=None):
        value = super().__get__(instance, cls)
        if isinstance(value, Sealed):
            return self.field.unseal(value, instance)
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

    def data_key(self, instance: models.Model) -> bytes | None:
        """Return the data key of the row's organization; it is not under itself."""
        organization_id = getattr(instance, "organization_id", None)
        return data_key_of(organization_id) if organization_id else None

    def seal(self, value: object, instance: models.Model) -> Sealed:
        context, data_key = self.context(instance), self.data_key(instance)
        return seal(value, context=context, data_key=data_key)

    def unseal(self, sealed: Sealed, instance: models.Model) -> object:
        data_key = None if key_id_of(sealed) else self.data_key(instance)
        return unseal(sealed, context=self.context(instance), data_key=data_key)

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
