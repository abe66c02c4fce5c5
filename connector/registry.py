"""Where the framework finds connectors: platform → dotted path or document.

The manifest is beside either. A connector of another package is registered by that
package's entry point and needs no line here.
"""

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points

from connector import declarative
from connector.base import Connector
from connector.manifest import InvalidManifest, Platform, load_manifest

ENTRY_POINTS = "appconnect.connectors"
"""The group of entry points: platform → ``package.module:Class``."""

CONNECTORS = {
    **{point.name: point.value for point in entry_points(group=ENTRY_POINTS)},
    **declarative.find_documents(),
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
        source = CONNECTORS[platform]
    except KeyError:
        raise UnknownPlatform(platform) from None
    if source.endswith(declarative.SUFFIX):
        return declarative.connector_class(source)
    module, _, name = source.replace(":", ".").rpartition(".")
    connector_class: type[Connector] = getattr(import_module(module), name)
    return connector_class


@cache
def get_platform(platform: str) -> Platform:
    """Return what the manifest beside the connector declares about `platform`.

    Raises `UnknownPlatform`, and `InvalidManifest` for a manifest with a fault, without
    this platform, or without server-side logging.
    """
    source = get_connector_class(platform).manifest_path()
    declared = load_manifest(source).platforms.get(platform)
    if declared is None:
        raise InvalidManifest(f"platforms.{platform}: is missing")
    if declared.server_side_logging is None:
        raise InvalidManifest(f"platforms.{platform}.serverSideLogging: is missing")
    return declared
