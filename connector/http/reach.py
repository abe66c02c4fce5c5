"""Why a host was not reached, in a sentence for the admin who typed its name."""

import socket

import requests
from requests_hardened.ip_filter import InvalidIPAddress
from urllib3.exceptions import MaxRetryError, NameResolutionError

NOT_ALLOWED = (
    "This address is not allowed: it is not a host of the public internet that is asked "
    "over https at its usual port, nor one that the operator allows."
)


def is_untrusted(fault: Exception) -> bool:
    """Return whether the host's TLS certificate was refused."""
    return "CERTIFICATE_VERIFY_FAILED" in str(fault)


def speaks_no_tls(fault: Exception) -> bool:
    """Return whether what answered the first message of TLS was something else.

    OpenSSL 3.2 and later call it a failure of the record layer.
    """
    return any(
        words in str(fault)
        for words in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE")
    )


def why_unreachable(fault: Exception) -> str:
    """Return the reason: the name, the address, TLS, the time or the host."""
    cause = fault.args[0] if fault.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    match fault:
        case requests.exceptions.InvalidURL() | InvalidIPAddress():
            return NOT_ALLOWED
        case requests.exceptions.SSLError() if is_untrusted(fault):
            return "The host was reached, but its TLS certificate could not be trusted."
        case requests.exceptions.SSLError() if speaks_no_tls(fault):
            return (
                "The host was reached, but it does not use TLS (https) at this port. "
                "Check the port, and whether the connection is to be encrypted."
            )
        case requests.exceptions.SSLError():
            return "The host was reached, but no TLS connection to it could be made."
        case requests.exceptions.Timeout():
            return "The host did not answer in time."
    if isinstance(fault.__cause__, socket.gaierror) or isinstance(
        reason, NameResolutionError
    ):
        return "No host of this name is known: look for a typing mistake in it."
    return "The host refused the connection, or broke it off."
