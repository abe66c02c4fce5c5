"""The program keeps to its description, for data that fits it and data that does not.

Schemathesis makes the requests; the sandbox plays RingCentral and the CRM.
"""

import itertools
from collections.abc import Iterator

import pytest
import schemathesis
from django.db import transaction
from hypothesis import HealthCheck, settings
from schemathesis import Case, checks
from schemathesis.config import SchemathesisConfig
from schemathesis.schemas import BaseSchema

from appconnect.api.base.authentication import issue_user_jwt
from appconnect.monitoring.models import WorkerHeartbeat
from appconnect.organizations.models import LoggingSubscription
from appconnect.wsgi import application

pytestmark = pytest.mark.django_db

VERIFICATION_TOKEN = "a secret verification token"
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
GENERATION = {
    "deterministic": True,
    "with-security-parameters": False,  # the tokens come from here
}


def read_description(**phases: dict[str, bool]) -> BaseSchema:
    config = {"seed": 1, "generation": GENERATION, "phases": phases}
    return schemathesis.openapi.from_wsgi(
        "/openapi.json", application, config=SchemathesisConfig.from_dict(config)
    )


described = read_description()
described_to_strangers = read_description(coverage={"enabled": False})
"""Nearly all answers are the same to them, whatever they send."""
few_examples = settings(
    max_examples=settings.default.max_examples // 12,  # see tests/support/tiers.py
    suppress_health_check=list(HealthCheck),
)


# Schemathesis names a test after its operation only where it has a parameter too.
@pytest.fixture(params=["admin"])
def headers(crm_session, admin_token, service_token) -> dict[str, str]:
    """The headers of each request: all the tokens there are."""
    return {
        "Authorization": f"Bearer {issue_user_jwt(crm_session)}",
        "X-RC-Access-Token": admin_token,
        "X-Access-Token": service_token(),
        "Verification-Token": VERIFICATION_TOKEN,
    }


@pytest.fixture
def asked() -> Iterator[int]:
    """A count of the requests of one test."""
    return itertools.count(1)


@pytest.fixture
def subscription(connected) -> LoggingSubscription:
    return LoggingSubscription.objects.create(
        organization=connected,
        verification_token_hash=LoggingSubscription.hash_token(VERIFICATION_TOKEN),
    )


@pytest.fixture(autouse=True)
def worker(db, now) -> None:
    """Without one the program is not ready, which is a 503."""
    WorkerHeartbeat.objects.create(name="worker", beat_at=now)


@described.parametrize()
@few_examples
def test_every_response_is_described(case, headers, subscription, sandbox, asked):
    if next(asked) % 20 == 0:
        sandbox.advance(60)  # RingCentral's rate limit
    put_secrets(case, subscription, headers)

    send(case, headers)


@described_to_strangers.parametrize()
@few_examples
@pytest.mark.parametrize("headers", [{}], ids=["stranger"])
def test_every_response_to_a_stranger_is_described(
    case, headers, subscription, sandbox
):
    send(case, headers)


def send(case: Case, headers: dict[str, str]) -> None:
    with transaction.atomic():  # each request finds the same rows
        reply = case.call_and_validate(headers=headers, checks=CHECKS)
        transaction.set_rollback(True)
    assert "unexpected error" not in reply.text


def put_secrets(case, subscription, headers) -> None:
    """Put real secrets where a request has generated ones."""
    if "subscription_key" in case.path_parameters:
        case.path_parameters["subscription_key"] = str(subscription.pk)
    if isinstance(case.body, dict) and case.body.get("crmToken"):
        case.body["crmToken"] = headers["Authorization"].removeprefix("Bearer ")
