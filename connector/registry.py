"""Where the framework finds connectors: platform → dotted path, and the manifest beside the class."""

import inspect
from functools import cache
from importlib import import_module
from pathlib import Path

from connector.base import Connector
from connector.manifest import InvalidManifest, Platform, load_manifest

CONNECTORS = {
    "bullhorn": "connector.crms.bullhorn.Bullhorn",
    "pipedrive": "connector.crms.pipedrive.Pipedrive",
    "odoo": "connector.crms.odoo.Odoo",
    "sandbox": "connector.crms.sandbox.Sandbox",
    "sandboxAdminToken": "connector.crms.sandbox.SandboxAdminToken",
    "sandboxWithoutMapping": "connector.crms.sandbox.SandboxWithoutMapping",
}


class UnknownPlatform(Exception):
    """No connector is registered for the platform."""

    def __init__(self, platform: str) -> None:
        super().__init__(f"Connector not found for platform: {platform}")


def get_connector_class(platform: str) -> type[Connector]:
    """Return the connector of `platform`. Raises `UnknownPlatform`."""
    try:
        module, _, name = CONNECTORS[platform].rpartition(".")
    except KeyError:
        raise UnknownPlatform(platform) from None
    connector_class: type[Connector] = getattr(import_module(module), name)
    return connector_class


@cache
def get_platform(platform: str) -> Platform:
    """Return what the manifest beside the connector declares of `platform`.

    Raises `UnknownPlatform`, and `InvalidManifest` for a manifest with a fault, without
    this platform, or without server-side logging.
    """
    source = Path(inspect.getfile(get_connector_class(platform))).with_suffix(".json")
    declared = load_manifest(source).platforms.get(platform)
    if declared is None:
        raise InvalidManifest(f"platforms.{platform}: is missing")
    if declared.server_side_logging is None:
        raise InvalidManifest(f"platforms.{platform}.serverSideLogging: is missing")
    return declared
