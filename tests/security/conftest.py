"""Who asks, in the tests that walk everything."""

import json
import logging
from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.utils import timezone

from appconnect.api.base.authentication import issue_user_jwt
from appconnect.api.service.service_token import issue_service_token
from appconnect.log_format import SafeFormatter
from appconnect.organizations.models import CrmSession, Organization
from appconnect.ringcentral.extensions import ExtensionInfo
from tests.house.test_log_format import Lines

Ask = Callable[..., HttpResponse]


@pytest.fixture(autouse=True)
def _no_cache():
    cache.clear()


@pytest.fixture(autouse=True)
def _dead_ends(settings):
    """Whoever is asked, nobody answers."""
    settings.RINGCENTRAL_SERVER = "http://127.0.0.1:9"
    settings.CRM_PRIVATE_HOSTS = settings.ALERT_PRIVATE_HOSTS = ["127.0.0.1:9"]


@pytest.fixture
def log_lines() -> Iterator[list[str]]:
    """All that any logger says, down to DEBUG, as the program writes it."""
    handler = Lines()
    handler.setFormatter(SafeFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler.lines
    root.setLevel(level)
    root.removeHandler(handler)


@pytest.fixture
def ask(client) -> Ask:
    """Give a function: an organization's client asks, with every token that it may have.

    RingCentral has just said that the person is an admin, so nobody asks it again.
    """

    def ask(
        organization: Organization, method: str, path: str, body: object = None
    ) -> HttpResponse:
        extension_id = organization.ringcentral_connection.extension_id
        session, _ = CrmSession.objects.get_or_create(
            organization=organization,
            platform=organization.platform,
            extension_id=extension_id,
            defaults={
                **{"crm_user_id": "u1", "admin_proved_at": timezone.now()},
                "access_token": "CANARY-SECRET-session",
            },
        )
        admin = ExtensionInfo(
            **{"id": extension_id, "extension_number": "101", "name": "Ada"},
            **{"email": "", "type": "User", "is_enabled": True, "is_admin": True},
            account_id=organization.rc_account_id,
        )
        headers = {
            "Authorization": f"Bearer {issue_user_jwt(session)}",
            "X-Access-Token": issue_service_token(admin),
        }
        content = b"" if body is None else json.dumps(body).encode()
        return client.generic(
            method, path, content, content_type="application/json", headers=headers
        )

    return ask
