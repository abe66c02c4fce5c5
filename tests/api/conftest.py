import json
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client

from appconnect.api.authentication import issue_user_jwt
from appconnect.organizations.crm_session import connect_crm_session
from appconnect.organizations.models import CrmSession
from appconnect.sandbox import seed


@pytest.fixture
def crm_session(connected) -> CrmSession:
    """The admin's own session in the sandbox's CRM."""
    return connect_crm_session(
        connected, api_key=seed.api_key_of("u1"), extension_id=seed.extension_id("101")
    )


@pytest.fixture
def admin_token(sandbox) -> str:
    """A RingCentral access token of the admin."""
    return sandbox.access_token("101")


@pytest.fixture
def call(client: Client, crm_session, admin_token) -> Callable[..., HttpResponse]:
    """Give a function that makes a request as App Connect's client does."""

    def call(
        method: str,
        path: str,
        body: object = None,
        *,
        jwt: str | None = None,
        rc_token: str | None = None,
    ) -> HttpResponse:
        jwt = issue_user_jwt(crm_session) if jwt is None else jwt
        rc_token = admin_token if rc_token is None else rc_token
        headers = {"Authorization": f"Bearer {jwt}"} if jwt else {}
        if rc_token:
            headers["X-RC-Access-Token"] = rc_token
        return client.generic(
            method,
            path,
            b"" if body is None else _encode(body),
            content_type="application/json",
            headers=headers,
        )

    return call


def _encode(body: object) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()
