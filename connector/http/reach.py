"""Why a host was not reached, in a sentence for the admin who typed its name."""

import socket

import requests
from requests_hardened.ip_filter import InvalidIPAddress
from urllib3.exceptions import MaxRetryError, NameResolutionError

NOT_ALLOWED = (
    "This address is not allowed: it is not a host of the public internet that is asked "
    "over https at its usual port, nor one that the operator allows."
)


def why_unreachable(fault: Exception) -> str:
    """Return the reason: the name, the address, the TLS certificate, the time or the host."""
    cause = fault.args[0] if fault.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    match fault:
        case requests.exceptions.InvalidURL() | InvalidIPAddress():
            return NOT_ALLOWED
        case requests.exceptions.SSLError():
            return "The host was reached, but its TLS certificate could not be trusted."
        case requests.exceptions.Timeout():
            return "The host did not answer in time."
    if isinstance(fault.__cause__, socket.gaierror) or isinstance(
        reason, NameResolutionError
    ):
        return "No host of this name is known: look for a typing mistake in it."
    return "The host refused the connection, or broke it off."
