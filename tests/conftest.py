"""Fixtures: an organization as the sandbox has it, and the sandbox itself as a real process."""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db.models.signals import post_migrate
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser

pytest.register_assert_rewrite("tests.support.helpers", "tests.support.program")

from appconnect.calls.models import CallSession  # noqa: E402
from appconnect.calls.pipeline import process  # noqa: E402
from appconnect.organizations.models import (  # noqa: E402
    Member,
    Organization,
    RingCentralConnection,
    ServerLoggingSettings,
)
from appconnect.organizations.people import identity  # noqa: E402
from appconnect.organizations.security.audit_triggers import protect_audit_log  # noqa: E402
from appconnect.sandbox.ringcentral import seed  # noqa: E402
from connector import types  # noqa: E402
from connector.types import Direction  # noqa: E402
from tests.support.helpers import SandboxControl  # noqa: E402
from tests.support.organization import make_logging_settings, make_organization  # noqa: E402
from tests.support.postgres import Server, running_postgres  # noqa: E402
from tests.support.program import (  # noqa: E402
    AdminsBrowser,
    Program,
    running_browser,
    running_program,
    running_sandbox,
)

pytest_plugins = ["tests.support.tiers"]

# Django's own tests empty the tables; what sets the triggers up has tests of its own.
post_migrate.disconnect(protect_audit_log, sender=apps.get_app_config("organizations"))


@pytest.fixture(scope="session")
def sandbox_process() -> Iterator[str]:
    """Run the sandbox for the whole session; yield its host and port."""
    with running_sandbox() as sandbox:
        yield sandbox.host


@pytest.fixture
def sandbox(sandbox_process: str, settings) -> Iterator[SandboxControl]:
    """A fresh sandbox, and the program's settings pointed at it."""
    control = SandboxControl(sandbox_process)
    control.reset()
    identity.forget()
    settings.RINGCENTRAL_SERVER = control.url
    settings.RINGCENTRAL_CLIENT_ID = "sandbox-app"
    settings.RINGCENTRAL_CLIENT_SECRET = "sandbox-secret"
    settings.CRM_PRIVATE_HOSTS = [sandbox_process]
    settings.CALL_LOG_READS_PER_MINUTE = 600
    with control:
        yield control


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def organization(db) -> Organization:
    """An organization with its directory and its CRM's users, mapped as far as that goes."""
    return make_organization()


@pytest.fixture
def logging_settings(organization, now) -> ServerLoggingSettings:
    """Logging switched on for the account, with the sandbox's service account."""
    return make_logging_settings(organization, since=now - timedelta(days=2))


@pytest.fixture
def connected(organization, logging_settings, sandbox) -> Organization:
    """The organization, its RingCentral and its CRM being the sandbox."""
    organization.crm_hostname = sandbox.host
    organization.save()
    return organization


@pytest.fixture
def member(organization) -> Member:
    """Ada, an admin of the account and here."""
    user = User.objects.create_user("ada", "ada@example.com", "a good password")
    return Member.objects.create(
        user=user,
        organization=organization,
        extension_id=seed.extension_id(seed.ADMIN_EXTENSION),
        right_confirmed_at=timezone.now(),
    )


@pytest.fixture
def stranger(db) -> Member:
    """The admin of another organization."""
    other = Organization.objects.create(
        name="Other Ltd", rc_account_id="999", region="DE", platform="sandbox"
    )
    RingCentralConnection.objects.create(organization=other, extension_id="1")
    user = User.objects.create_user("charlie", "charlie@example.com", "a password")
    return Member.objects.create(
        user=user,
        organization=other,
        extension_id="1",
        right_confirmed_at=timezone.now(),
    )


@pytest.fixture
def console(client, member) -> Client:
    """A browser in which the organization's admin is signed in."""
    client.force_login(member.user)
    return client


@pytest.fixture
def make_call(organization, now):
    """Give a function that makes a call whose record is there, ready to be logged."""

    def make(
        *,
        direction: Direction = Direction.INBOUND,
        outside: types.Party = types.Party(phone_number="+14155550101"),  # noqa: B008
        extension: str = "102",
        **fields,
    ) -> CallSession:
        session = fields.pop("telephony_session_id", f"s-{uuid.uuid4().hex}")
        call_session = CallSession(
            organization=organization,
            telephony_session_id=session,
            last_event_at=now,
            received_at=now,
            status=CallSession.Status.WAITING_TO_LOG,
            next_attempt_at=now,
            configuration_version=organization.configuration_version,
        )
        inside = types.Party(
            extension_id=seed.extension_id(extension), extension_number=extension
        )
        inbound = direction is Direction.INBOUND
        call = types.Call(
            telephony_session_id=session,
            session_id="4711",
            direction=direction,
            caller=outside if inbound else inside,
            callee=inside if inbound else outside,
            started_at=now - timedelta(minutes=1),
            duration_seconds=42,
            result="Accepted",
        )
        call_session.take_record(
            call,
            type=fields.pop("type", "Voice"),
            extension_id=seed.extension_id(extension) if extension else "",
        )
        for name, value in fields.items():
            setattr(call_session, name, value)
        call_session.save()
        return call_session

    return make


@pytest.fixture
def ids(organization, make_call, now) -> dict[str, object]:
    """One row of the organization for each kind of id in a URL; see `walk.path_of`."""
    user = User.objects.create_user("colleague")
    colleague = Member.objects.create(user=user, organization=organization)
    return {
        "call": make_call().pk,
        "cancel-retry-batch": organization.retry_batches.create(
            started_at=now, started_by="ada"
        ).pk,
        "mapping": organization.user_mappings.first().pk,
        "undo-mapping": organization.mapping_batches.create(
            **{"platform": "sandbox", "at": now, "actor": "ada", "source": "BULK"},
            **{"size": 0, "changes": []},
        ).pk,
        "subscription": uuid.uuid4(),
        "channel": organization.alert_channels.create(
            **{"kind": "WEBHOOK", "address": "http://127.0.0.1:9/"},
            **{"signing_secrets": ["whsec_c2VjcmV0"], "created_at": now},
        ).pk,
        "member": colleague.pk,
        "uidb64": "MQ",
        "token": "x-y",
    }


@pytest.fixture
def log(connected):
    """Give a function that claims and processes a call, and returns it as it then is."""

    def log(call: CallSession, *, at: datetime) -> CallSession:
        claimed = CallSession.objects.claim(call.pk, at)
        assert claimed, "the call is not due"
        process(claimed, now=at)
        call.refresh_from_db()
        return call

    return log


@pytest.fixture(scope="session")
def started_program(tmp_path_factory) -> Iterator[Program]:
    """The whole program, started with the README's command, for the whole session."""
    with running_program(tmp_path_factory.mktemp("program")) as program:
        program.keep_snapshot()
        yield program


@pytest.fixture(scope="module")
def program(started_program: Program) -> Program:
    """The whole program as it is after its start, for each file."""
    started_program.reset()
    return started_program


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A PostgreSQL server for the whole session; each test makes a database of its own."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


@pytest.fixture
def signed_in(browser: Browser, program: Program) -> Iterator[AdminsBrowser]:
    """The running program's admin, in a browser of their own."""
    context = browser.new_context()
    admin = AdminsBrowser(context.new_page(), program)
    admin.sign_in()
    yield admin
    context.close()
