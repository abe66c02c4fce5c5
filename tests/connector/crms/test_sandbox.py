from connector.crms.sandbox import Sandbox, SandboxAdminToken, SandboxWithoutMapping
from connector.http.session import open_session
from connector.testing import ConnectorConformance, HttpConnectorConformance
from connector.types import Credentials
from tests.connector.crms.sandbox_conformance import SandboxConformance


class TestSandbox(HttpConnectorConformance):
    connector_class = Sandbox
    contact_reply = {
        "contacts": [
            {"id": "c1", "name": "Ada", "type": "Contact", "phone": "+15105550100"}
        ]
    }
    no_contact_reply = {"contacts": []}
    call_log_reply = {"id": "r1"}
    user_list_reply = {
        "users": [
            {"id": "u1", "name": "Ann", "email": "ann@example.com", "active": True},
            {"id": "u2", "name": "Ben", "email": "", "active": True},
        ],
        "nextPage": "",
    }
    license_status_reply = {"valid": True, "plan": "Full", "description": ""}


class TestSandboxAdminToken(ConnectorConformance):
    connector_class = SandboxAdminToken


class TestSandboxWithoutMapping(ConnectorConformance):
    connector_class = SandboxWithoutMapping


class TestSandboxLive(SandboxConformance):
    def connect(self, sandbox, *, password):
        return connect(sandbox, password=password)

    def test_ended_session_is_replaced(self, connector, contact, call, sandbox):
        later = connect(
            sandbox, password="sandbox", sign_in_keeper=connector.sign_in_keeper
        )
        sandbox.switch(crmEndsSessions=True)

        assert self.log(later, call, contact, None)
        assert len(sandbox.asked("/crm/api/sessions")) == 2

    def test_session_that_ends_during_use_is_replaced(
        self, connector, contact, call, sandbox
    ):
        for _ in range(2):
            sandbox.switch(crmEndsSessions=True)
            assert self.log(connector, call, contact, None)

        assert len(sandbox.asked("/crm/api/sessions")) == 3


def connect(sandbox, *, password, **options):
    credentials = Credentials(
        hostname=sandbox.host,
        server_logging_settings={"apiUsername": "service", "apiPassword": password},
    )
    session = open_session(private_hosts=[sandbox.host])
    return Sandbox(credentials, session=session, **options)
