"""The operator's network policy. Every session of the program is made by `open_session`."""

from collections.abc import Collection
from ipaddress import IPv6Address, ip_address
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests_hardened.ip_filter import InvalidIPAddress
from requests_hardened.ip_filter_adapter import IPFilterAdapter

from connector.http.time_limit import limit_time

USER_AGENT = "AppConnect-Server-Logging/1.0"
HTTPS_PORT = 443


def open_session(*, private_hosts: Collection[str] = ()) -> requests.Session:
    """Return a session that reaches public HTTPS hosts only, at the usual port.

    The address that was checked is the address that is connected to: a second DNS answer
    changes nothing. Proxies and certificates of the environment are ignored.
    `private_hosts` are hosts, each with its port where it has one, that the operator
    allows: on a private network, without TLS, at any port.
    """
    session = Session()
    session.trust_env = False
    session.headers["User-Agent"] = USER_AGENT
    session.mount("https://", limit_time(PublicAdapter(is_https_proto=True)))
    session.mount("http://", RefusingAdapter())
    for host in private_hosts:
        session.mount(f"http://{host}/", limit_time(HTTPAdapter()))
        session.mount(f"https://{host}/", limit_time(HTTPAdapter()))
    return session


class Session(requests.Session):
    """Ignores redirects: requests would read the whole body of one, of any length."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class PublicAdapter(IPFilterAdapter):  # type: ignore[misc]  # it ships no types
    """Also refuses other ports than 443, where a host may run other services.

    And older private addresses of IPv6, which the library takes for public.
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
