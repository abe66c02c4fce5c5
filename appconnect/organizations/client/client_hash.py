"""How App Connect's client names accounts and extensions without telling their ids."""

from hashlib import sha256

from appconnect.organizations.models.sealed import derive_key


def client_hash(value: str) -> str:
    """Return the hash of a RingCentral id, as ``/userInfoHash`` gives it to the client.

    SHA-256 of ``<value>:<key>`` in hexadecimal, as App Connect makes it: what a browser
    sends hashed and what a server sends raw must meet.
    """
    key = derive_key("userInfoHash").hex()
    return sha256(f"{value}:{key}".encode()).hexdigest()
