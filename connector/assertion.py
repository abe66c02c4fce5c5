"""A signed assertion: a JSON Web Token that proves a private key, which is never sent (RFC 7523)."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from connector.errors import InvalidSettings

LIFETIME_SECONDS = 300
CLOCK_SKEW_SECONDS = 30
"""How far the CRM's clock may be behind: a token of the future is refused."""
MIN_RSA_BITS = 2048
PEM = re.compile(r"-----BEGIN ([A-Z ]{0,20}PRIVATE KEY)-----([^-]+)-----END \1-----")
CURVES = {"ES256": "secp256r1", "ES384": "secp384r1", "ES512": "secp521r1"}


def sign_claims(
    claims: Mapping[str, Any],
    *,
    key: str,
    algorithms: Sequence[str],
    header: Mapping[str, Any] | None = None,
    const: str,
) -> str:
    """Return a JSON Web Token with these claims, which is valid for 5 minutes.

    Its ``iat`` and ``exp`` are added. `key` is a text with a private key in PEM, and
    `const` the settings' field that has it. Of several algorithms the first that the key
    fits is used. Raises `InvalidSettings` for a key that fits none, which is not shown.
    """
    private_key = _read_key(key, const)
    algorithm = next((name for name in algorithms if _fits(private_key, name)), None)
    if algorithm is None:
        kinds = " or ".join(algorithms)
        raise InvalidSettings(f"The private key is not one for {kinds}.", const=const)
    now = int(time.time())
    is_rsa = isinstance(private_key, rsa.RSAPrivateKey)
    return jwt.encode(
        {**(header or {}), "alg": algorithm},
        {
            **claims,
            "iat": now - CLOCK_SKEW_SECONDS,
            "exp": now + LIFETIME_SECONDS,
        },
        (RSAKey if is_rsa else ECKey).import_key(private_key),
        algorithms=[algorithm],
    )


def _read_key(text: str, const: str) -> Any:
    """Return the key inside a text, whatever pasting did to its line ends.

    It may be in a JSON file, as Google gives it. Raises `InvalidSettings`.
    """
    found = PEM.search(text.replace("\\n", "\n"))
    if found is None:
        reason = "There is no private key in it: paste all of it, with its BEGIN and END lines."
        raise InvalidSettings(reason, const=const)
    label, content = found[1], "".join(found[2].split())
    pem = f"-----BEGIN {label}-----\n{content}\n-----END {label}-----\n"
    try:
        return load_pem_private_key(pem.encode(), password=None)
    except TypeError as fault:
        reason = "The private key has a password: paste one without."
        raise InvalidSettings(reason, const=const) from fault
    except (ValueError, UnsupportedAlgorithm) as fault:
        reason = "The private key cannot be read: paste all of it again."
        raise InvalidSettings(reason, const=const) from fault


def _fits(key: Any, algorithm: str) -> bool:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return CURVES.get(algorithm) == key.curve.name
    is_rsa = isinstance(key, rsa.RSAPrivateKey) and key.key_size >= MIN_RSA_BITS
    return is_rsa and algorithm[:2] in ("RS", "PS")
