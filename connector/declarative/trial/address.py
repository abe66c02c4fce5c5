"""Whether the CRM's host can be reached at all, before anything is sent to it."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from connector.declarative.connector import DeclarativeConnector
from connector.declarative.trial.finding import Finding
from connector.errors import ConnectorError

OPERATION = "address"


def check_address(
    connector: DeclarativeConnector, *, private_hosts: Collection[str]
) -> Finding:
    """Return whether the host answers; if not, why, and which setting would allow it."""
    address = connector.host_url
    scheme, host = urlsplit(address)[:2]
    if scheme == "http" and host not in private_hosts:
        text = f"{address} has no TLS. Use https, or add {host} to CRM_PRIVATE_HOSTS."
        return Finding(OPERATION, text, is_good=False)
    try:
        connector.reach_host()
    except ConnectorError as error:
        text = f"{address}: {error}"
        if host not in private_hosts:
            text += f" To allow a private host or another port, add {host} to CRM_PRIVATE_HOSTS."
        return Finding(OPERATION, text, is_good=False)
    return Finding(OPERATION, f"{address} answers.")
