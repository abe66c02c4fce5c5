"""The hosts that a document's requests may go to: those of its manifest's environment."""

from __future__ import annotations

from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from connector.errors import PermanentError
from connector.manifest import Platform


def host_of(url: str) -> str:
    """Return the host of a URL or of an address without scheme, with its port if any.

    Empty where it cannot be parsed.
    """
    try:
        return urlsplit(url if "://" in url else f"//{url}").netloc.lower()
    except ValueError:
        return ""


def own_host(platform: Platform, hostname: str) -> str:
    """Return the host of the organization's CRM; `hostname` is what its admin entered.

    In a fixed environment it is that of the url; in a dynamic one `hostname`, if it
    matches the urlIdentifier; in a selectable one `hostname`, if it is a selection. Else
    empty.
    """
    own = hostname.lower()
    match platform.environment_type:
        case "fixed":
            return host_of(platform.environment_url)
        case "dynamic" if identifier := platform.environment_url_identifier:
            return own if fnmatchcase(own, host_of(identifier)) else ""
        case "selectable":
            selections = platform.environment_selections
            return own if own in [host_of(s.const) for s in selections] else ""
    return own


def check_host(url: str, platform: Platform, hostname: str) -> None:
    """Raise `PermanentError` unless a request with credentials may go to `url`."""
    host = host_of(url)
    is_plain = (
        url.startswith(("https://", "http://"))
        and not set(host) & set("\\@")
        and not set(url) & set(" \t\r\n")
    )
    is_allowed = host == own_host(platform, hostname) or any(
        fnmatchcase(host, host_of(pattern)) for pattern in platform.environment_hosts
    )
    if not (host and is_plain and is_allowed):
        message = f"An address of {platform.display_name} is not one that its manifest's environment allows"
        identifier = host_of(platform.environment_url_identifier)
        if identifier and not own_host(platform, hostname):
            message += f": enter one such as {identifier}"
        raise PermanentError(f"{message}.")
