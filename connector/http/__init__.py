"""The base classes of connectors that speak HTTP.

    from connector.http import HttpConnector, OAuthConnector

`Reply` and `Judge` are for a CRM that reports failures in the body, `origin_of` for one
whose vendor has one host for all customers.
"""

from connector.http.http import HttpConnector, Judge, Reply, origin_of
from connector.http.oauth import OAuthConnector

__all__ = ["HttpConnector", "Judge", "OAuthConnector", "Reply", "origin_of"]
