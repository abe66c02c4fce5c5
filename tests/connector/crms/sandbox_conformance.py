"""What a live test of the sandbox's CRM needs, whatever connector speaks to it."""

from abc import abstractmethod

import pytest

from connector.testing import LiveConformance


class SandboxConformance(LiveConformance):
    """A subclass opens the connector with a password of the service account."""

    known_number = "+14155550101"

    @abstractmethod
    def connect(self, sandbox, *, password): ...

    @pytest.fixture
    def connector(self, sandbox):
        return self.connect(sandbox, password="sandbox")

    @pytest.fixture
    def rejected(self, sandbox):
        return self.connect(sandbox, password="wrong")

    @pytest.fixture(autouse=True)
    def _remember(self, sandbox):
        self.sandbox = sandbox

    def owner_of(self, connector, log_id):
        [log] = [log for log in self.sandbox.call_logs() if log["id"] == log_id]
        return log["ownerId"]

    def delete(self, connector, log_id):
        self.sandbox.delete_call_log(log_id)
