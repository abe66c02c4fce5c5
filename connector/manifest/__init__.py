"""What a connector declares about its CRM.

from connector.manifest import Manifest, Platform, load_manifest
"""

from connector.manifest.guide import Guide, Judge
from connector.manifest.links import fill_link, needs_settings, unknown_places
from connector.manifest.manifest import (
    NONE_OPTION,
    AdditionalField,
    InvalidManifest,
    Manifest,
    Option,
    Platform,
    load_manifest,
    parse_manifest,
    read_document,
)

__all__ = [
    "NONE_OPTION",
    "AdditionalField",
    "Guide",
    "InvalidManifest",
    "Judge",
    "Manifest",
    "Option",
    "Platform",
    "fill_link",
    "load_manifest",
    "needs_settings",
    "parse_manifest",
    "read_document",
    "unknown_places",
]
