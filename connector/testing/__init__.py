"""The conformance kit: the tests that every connector inherits, ours or a stranger's.

A test file is a subclass with sample replies; a missing sample fails:

    from connector.testing import HttpConnectorConformance

    class TestAcme(HttpConnectorConformance):
        connector_class = Acme
        contact_reply = {"items": [{"id": 9, "name": "Ada"}]}
        …

and, where a server or a faithful fake of one can run, a subclass of `LiveConformance`.
"""

import pytest

# Before they are imported: a failure then says what differed, in any repository.
pytest.register_assert_rewrite(
    *(f"{__name__}.{module}" for module in ("conformance", "http_conformance", "live"))
)

from connector.testing.conformance import ConnectorConformance  # noqa: E402
from connector.testing.http_conformance import HttpConnectorConformance  # noqa: E402
from connector.testing.live import LiveConformance  # noqa: E402
from connector.testing.samples import (  # noqa: E402
    SAMPLE_CALL,
    SAMPLE_CONTACT,
    SAMPLE_OWNER,
    CannedReplies,
    create_call_log,
)

__all__ = [
    "SAMPLE_CALL",
    "SAMPLE_CONTACT",
    "SAMPLE_OWNER",
    "CannedReplies",
    "ConnectorConformance",
    "HttpConnectorConformance",
    "LiveConformance",
    "create_call_log",
]
