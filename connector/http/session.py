"""The operator's network policy. Every session of the program is made by `open_session`."""

import os
import time
from collections.abc import Collection
from ipaddress import IPv6Address, ip_address
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests_hardened.ip_filter import InvalidIPAddress
from requests_hardened.ip_filter_adapter import IPFilterAdapter

from connector.http.pool import close_idle_connections, keep_connections

USER_AGENT = "AppConnect-Server-Logging/1.0"
HTTPS_PORT = 443
IDLE_CHECK_SECONDS = 10


class Session(requests.Session):
    """Headers and cookies of one piece of work, over the connections of the process."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Ignore redirects: requests would read the whole body of one, of any length."""
        return None

    def close(self) -> None:
        """Keep the connections: the next session may use them."""


class PublicAdapter(IPFilterAdapter):  # type: ignore[misc]  # it ships no types
    """Also refuses other ports than 443, where a host may run other services.

    And older private addresses of IPv6, which the library takes for public. Each request
    resolves its host's name anew, and reuses connections to the address that it gets.
    """

    def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:
        host, pool = super().build_connection_pool_key_attributes(*args, **kwargs)
        address = ip_address(host["host"].strip("[]"))
        if isinstance(address, IPv6Address) and (
            address.is_reserved or address.is_site_local
        ):
            raise InvalidIPAddress(address)
        if host["port"] not in (None, HTTPS_PORT):
            raise requests.exceptions.InvalidURL("only port 443 is allowed")
        return host, pool


class RefusingAdapter(HTTPAdapter):
    """Refuses every request: nothing is sent without TLS."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        raise requests.exceptions.InvalidURL("only https is allowed")


class Adapters:
    """The adapters of the process, which keep its connections."""

    def __init__(self) -> None:
        self.public = PublicAdapter(is_https_proto=True)
        self.private = HTTPAdapter()
        self.refusing = RefusingAdapter()
        self._check_idle_at = 0.0
        self.renew()

    def renew(self) -> None:
        """Forget all connections."""
        for adapter in (self.public, self.private):
            keep_connections(adapter)

    def close_idle(self) -> None:
        """Close what was idle too long, unless that was done some seconds ago."""
        now = time.monotonic()
        if now >= self._check_idle_at:
            self._check_idle_at = now + IDLE_CHECK_SECONDS
            for adapter in (self.public, self.private):
                close_idle_connections(adapter)


adapters = Adapters()
os.register_at_fork(after_in_child=adapters.renew)


def open_session(*, private_hosts: Collection[str] = ()) -> requests.Session:
    """Return a session that reaches public HTTPS hosts only, at the usual port.

    The address that was checked is the address that is connected to: a second DNS answer
    changes nothing. Proxies and certificates of the environment are ignored.
    `private_hosts` are hosts, each with its port where it has one, that the operator
    allows: on a private network, without TLS, at any port.

    One thread uses it. Its connections are those of the whole process: they stay open
    when it is closed. Whose credentials a request has is a matter of its headers.
    """
    adapters.close_idle()
    session = Session()
    session.trust_env = False
    session.headers["User-Agent"] = USER_AGENT
    session.mount("https://", adapters.public)
    session.mount("http://", adapters.refusing)
    for host in private_hosts:
        session.mount(f"http://{host}/", adapters.private)
        session.mount(f"https://{host}/", adapters.private)
    return session
