"""The network address that a request comes from, as our own proxies say it."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address


def client_address(request: HttpRequest) -> str | None:
    """Return who made a request: the last address that none of `TRUSTED_PROXIES` has.

    Each proxy adds the address it was asked from to `X-Forwarded-For`, so what stands
    before the last address that is not a proxy's may be forged. None where a proxy says
    what is no address. A header with underscores looks the same from here: the proxies
    leave those out.
    """
    forwarded = request.headers.get("X-Forwarded-For", "")
    said = [part.strip() for part in forwarded.split(",")] if forwarded else []
    address = None
    for text in (request.META.get("REMOTE_ADDR", ""), *reversed(said)):
        try:
            address = read_address(text)
        except ValueError:
            return None
        if not is_trusted(address, tuple(settings.TRUSTED_PROXIES)):
            break
    # PostgreSQL takes no address with a zone index.
    return str(address).partition("%")[0]


def read_address(text: str) -> Address:
    """Return an address, in one spelling. Raises `ValueError`.

    Some proxies add a port to it.
    """
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    address = ip_address(text)
    return getattr(address, "ipv4_mapped", None) or address


@lru_cache(maxsize=4096)
def is_trusted(address: Address, proxies: tuple[str, ...]) -> bool:
    return any(address in ip_network(proxy) for proxy in proxies)
