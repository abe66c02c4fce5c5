"""Connectors to CRMs, and what is needed to write one. README.md beside this is the guide.

    from connector.http import HttpConnector, OAuthConnector  # to inherit from
    from connector.types import Call, Contact, CrmUser        # what is exchanged
    from connector.errors import TemporaryError               # what is raised
    from connector.manifest import load_manifest              # what is declared
    from connector.testing import HttpConnectorConformance    # tests to inherit

`connector.base.Connector` is the contract, `connector.registry` finds connectors by
platform.
"""
