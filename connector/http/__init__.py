"""What a connector that speaks HTTP inherits from."""

from connector.http.http import HttpConnector, Judge, Reply, origin_of
from connector.http.oauth import OAuthConnector

__all__ = ["HttpConnector", "Judge", "OAuthConnector", "Reply", "origin_of"]
