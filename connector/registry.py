"""Where the framework finds connectors: platform → dotted path or document.

The manifest is beside either. A connector of another package is registered by that
package's entry point and needs no line here. One that cannot be used stops no other.
"""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

from connector import declarative
from connector.base import Connector
from connector.errors import TemporaryError
from connector.manifest import InvalidManifest, Platform, load_manifest

ENTRY_POINTS = "appconnect.connectors"
"""The group of entry points: platform → ``package.module:Class``."""

CONNECTORS = {
    **{point.name: point.value for point in entry_points(group=ENTRY_POINTS)},
    **declarative.find_documents(),
    "bullhorn": "connector.crms.bullhorn.Bullhorn",
    "googleSheets": "connector.crms.google_sheets.GoogleSheets",
    "pipedrive": "connector.crms.pipedrive.Pipedrive",
    "odoo": "connector.crms.odoo.Odoo",
    "sandbox": "connector.crms.sandbox.Sandbox",
    "sandboxAdminToken": "connector.crms.sandbox.SandboxAdminToken",
    "sandboxWithoutMapping": "connector.crms.sandbox.SandboxWithoutMapping",
}
refused_documents: dict[str, str] = {}
"""Documents whose platform another connector has: path → what is wrong."""


class UnknownPlatform(Exception):
    """No connector is registered for the platform."""

    def __init__(self, platform: str) -> None:
        super().__init__(f"Connector not found for platform: {platform}")


class UnusableConnector(UnknownPlatform, TemporaryError):
    """The platform's connector has a fault, which its operator can correct.

    It is loaded again at the next use.
    """

    def __init__(self, platform: str, fault: str) -> None:
        TemporaryError.__init__(
            self,
            f"The connector for {platform} has an error. The operator of this server "
            "finds it under System status.",
        )
        self.fault = fault
        """What is wrong, for the operator."""


def add_documents(folder: Path) -> None:
    """Register the documents in `folder` too; they replace no other connector."""
    for platform, path in declarative.find_documents(folder).items():
        if CONNECTORS.setdefault(platform, path) != path:
            refused_documents[path] = (
                f"There already is a connector named {platform}. Rename the document, "
                "its manifest and their platform."
            )


def get_connector_class(platform: str) -> type[Connector]:
    """Return the connector of `platform`. Raises `UnknownPlatform`, `UnusableConnector`."""
    try:
        source = CONNECTORS[platform]
    except KeyError:
        raise UnknownPlatform(platform) from None
    try:
        if source.endswith(declarative.SUFFIX):
            return declarative.connector_class(source)
        module, _, name = source.replace(":", ".").rpartition(".")
        connector_class: type[Connector] = getattr(import_module(module), name)
    except Exception as error:  # another author's module may raise anything
        raise UnusableConnector(platform, f"{error}") from error
    return connector_class


@cache
def get_platform(platform: str) -> Platform:
    """Return what the manifest beside the connector declares about `platform`.

    Raises `UnknownPlatform`, and `UnusableConnector` for a manifest with a fault, without
    this platform, or without server-side logging.
    """
    source = get_connector_class(platform).manifest_path()
    try:
        declared = load_manifest(source).platforms.get(platform)
    except (InvalidManifest, OSError) as error:
        raise UnusableConnector(platform, str(error)) from error
    if declared is None:
        raise UnusableConnector(platform, f"platforms.{platform}: is missing")
    if declared.server_side_logging is None:
        fault = f"platforms.{platform}.serverSideLogging: is missing"
        raise UnusableConnector(platform, fault)
    return declared


def is_usable(platform: str) -> bool:
    """Return whether `platform` has a connector without a fault."""
    try:
        get_platform(platform)
    except UnknownPlatform:
        return False
    return True


def display_name_of(platform: str) -> str:
    """Return the CRM's name for people; the platform's where it has no usable connector."""
    return get_platform(platform).display_name if is_usable(platform) else platform


def find_faults() -> Iterator[tuple[str, str]]:
    """Yield the source of each connector that cannot be used, and what is wrong with it."""
    for platform, source in CONNECTORS.items():
        try:
            get_platform(platform)
        except UnusableConnector as error:
            yield source, error.fault
    yield from refused_documents.items()
