"""Documents as connector classes."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import cast

from connector.declarative.connector import DeclarativeConnector
from connector.declarative.documents.document import SUFFIX
from connector.declarative.documents.loading import load_document
from connector.declarative.documents.text_length import text_length_of

CRMS = Path(__file__).parent.parent / "crms"


def find_documents(folder: Path = CRMS) -> dict[str, str]:
    """Return the path of each document in a folder, by platform."""
    documents = sorted(folder.glob(f"*{SUFFIX}"))
    return {path.name.removesuffix(SUFFIX): str(path) for path in documents}


@cache
def connector_class(path: str) -> type[DeclarativeConnector]:
    """Return the connector that the document at `path` describes.

    Raises `InvalidDocument` with every fault, and `InvalidManifest`.
    """
    document = load_document(Path(path))
    members = {
        "__module__": __name__,
        "document": document,
        "platform": document.name,
        "marker_support": document.marker_support,
        "search_lag": document.search_lag,
        "calls_per_minute": document.raw.get("callsPerMinute"),
        "max_text_length": text_length_of(document),
        "client_in_body": document.auth.get("clientIn") == "body",
    }
    name = f"Declarative_{document.name}"
    new_class = type(name, (DeclarativeConnector,), members)
    return cast("type[DeclarativeConnector]", new_class)
