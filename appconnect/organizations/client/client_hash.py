"""Hashes by which App Connect's client names accounts and extensions."""

from hashlib import sha256

from appconnect.organizations.models.sealed import derive_key


def client_hash(value: str) -> str:
    """Return the hash of a RingCentral id, as ``/userInfoHash`` gives it to the client.

    SHA-256 of ``<value>:<key>`` in hexadecimal, as App Connect computes it: the hash
    from a browser must equal that of the id from a server.
    """
    key = derive_key("userInfoHash").hex()
    return sha256(f"{value}:{key}".encode()).hexdigest()
