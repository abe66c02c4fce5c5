"""Connectors without code: one JSON document, with its manifest beside it.

from connector.declarative import connector_class

Acme = connector_class("/path/to/acme.declarative.json")
"""

from connector.declarative.classes import connector_class, find_documents
from connector.declarative.connector import DeclarativeConnector
from connector.declarative.documents.document import SUFFIX, InvalidDocument

__all__ = [
    "SUFFIX",
    "DeclarativeConnector",
    "InvalidDocument",
    "connector_class",
    "find_documents",
]
