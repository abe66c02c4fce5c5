"""A signed assertion: proves a private key that is never sent (RFC 7523)."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from connector.declarative.expressions.context import Context
from connector.declarative.expressions.template import (
    expressions_in,
    render,
    render_text,
)
from connector.errors import InvalidSettings

LIFETIME_SECONDS = 300
MIN_RSA_BITS = 2048
PEM = re.compile(
    r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----(.+?)-----END \1-----", re.DOTALL
)
CURVES = {"ES256": "secp256r1", "ES384": "secp384r1", "ES512": "secp521r1"}


def sign_assertion(assertion: Mapping[str, Any], context: Context) -> str:
    """Return the JSON Web Token that a request's `assertion` describes, for 5 minutes.

    Its ``iat`` and ``exp`` are added. Of several algorithms the first that the key fits
    is used. Raises `InvalidSettings` for a key that fits none, which is not shown.
    """
    key_template, algorithms = assertion["key"], assertion["algorithm"]
    names = [algorithms] if isinstance(algorithms, str) else algorithms
    const = _const_of(key_template)
    key = _read_key(render_text(key_template, context), const)
    algorithm = next((name for name in names if _fits(key, name)), None)
    if algorithm is None:
        kinds = " or ".join(names)
        raise InvalidSettings(f"The private key is not one for {kinds}.", const=const)
    now = int(time.time())
    claims = render(assertion["claims"], context)
    header = render(assertion.get("header", {}), context)
    return jwt.encode(
        {**header, "alg": algorithm},
        {**claims, "iat": now, "exp": now + LIFETIME_SECONDS},
        (RSAKey if isinstance(key, rsa.RSAPrivateKey) else ECKey).import_key(key),
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


def _const_of(key_template: str) -> str:
    """Return the const of the settings' field that has the key; empty for no field."""
    paths = [expression.path for expression in expressions_in(key_template)]
    fields = [path[1] for path in paths if path[0] == "settings" and len(path) > 1]
    return str(fields[0]) if fields else ""
