import json
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client

from appconnect.api.base.authentication import issue_user_jwt
from appconnect.api.service.service_token import issue_service_token
from appconnect.organizations.models import CrmSession
from appconnect.ringcentral.extensions import ExtensionInfo
from appconnect.sandbox.ringcentral import seed
from tests.appconnect.api.described import DescribedClient
from tests.support.organization import connect_to_crm


@pytest.fixture
def client() -> Client:
    """A client of the endpoints: what the description does not say is a failure."""
    return DescribedClient()


@pytest.fixture
def crm_session(connected) -> CrmSession:
    """The admin's own session in the sandbox's CRM."""
    return connect_to_crm(
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
        user_agent: str = "",
    ) -> HttpResponse:
        jwt = issue_user_jwt(crm_session) if jwt is None else jwt
        rc_token = admin_token if rc_token is None else rc_token
        headers = {"Authorization": f"Bearer {jwt}"} if jwt else {}
        if rc_token:
            headers["X-RC-Access-Token"] = rc_token
        if user_agent:
            headers["User-Agent"] = user_agent
        return client.generic(
            method,
            path,
            b"" if body is None else _encode(body),
            content_type="application/json",
            headers=headers,
        )

    return call


@pytest.fixture
def gone(crm_session) -> str:
    """A userJwt of a CRM session that is gone."""
    token = issue_user_jwt(crm_session)
    crm_session.delete()
    return token


@pytest.fixture
def interop_code(sandbox, settings) -> Callable[[str], str]:
    """Give a function that makes a code as the client of the person at an extension does."""
    settings.PUBLIC_URL = "http://testserver"
    sandbox.register("http://testserver/ringcentral/callback/")

    def make(extension: str) -> str:
        return sandbox.interop_code(sandbox.access_token(extension))

    return make


@pytest.fixture
def service_token() -> Callable[..., str]:
    """Give a function that makes the service token of the person at an extension."""

    def make(extension: str = seed.ADMIN_EXTENSION, **changes: object) -> str:
        number, name, email, kind = next(
            entry for entry in seed.EXTENSIONS if entry[0] == extension
        )
        person = {
            "id": seed.extension_id(number),
            "extension_number": number,
            "name": name,
            "email": email,
            "type": kind,
            "is_enabled": True,
            "is_admin": extension == seed.ADMIN_EXTENSION,
            "account_id": seed.ACCOUNT_ID,
        }
        return issue_service_token(ExtensionInfo(**person | changes))

    return make


@pytest.fixture
def service(client: Client, service_token) -> Callable[..., HttpResponse]:
    """Give a function that asks the logging service as App Connect's client does."""

    def service(
        method: str, path: str, body: object = None, *, token: str | None = None
    ) -> HttpResponse:
        token = service_token() if token is None else token
        return client.generic(
            method,
            path,
            b"" if body is None else _encode(body),
            content_type="application/json",
            headers={"X-Access-Token": token} if token else {},
        )

    return service


def _encode(body: object) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()
