from connector.crms.sandbox import Sandbox, SandboxAdminToken, SandboxWithoutMapping
from connector.testing import ConnectorConformance, HttpConnectorConformance


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
