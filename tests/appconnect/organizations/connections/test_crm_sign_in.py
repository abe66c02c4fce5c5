"""A service account signs in once for all workers, until the CRM ends its session."""

import threading

import pytest
from django.db import connection

from appconnect.organizations.connections import crm_sign_in
from appconnect.organizations.connections.connectors import (
    get_settings,
    open_connector,
    organization_credentials,
)
from appconnect.organizations.connections.crm_sign_in import StoredSignIn, hash_of
from appconnect.organizations.logging_settings.server_logging import (
    NewSettings,
    choose_crm,
    update_server_logging_settings,
)
from appconnect.organizations.models import (
    AuditEntry,
    CrmSession,
    CrmSignIn,
    Organization,
)
from appconnect.organizations.models.organization import CrmChanged
from appconnect.sandbox.ringcentral import seed
from connector.errors import CredentialsRejected, TemporaryError
from connector.types import Credentials
from tests.support.organization import ADA, connect_to_crm, make_organization
from tests.support.processes import run_once_then_at_once

SESSIONS = "/crm/api/sessions"


@pytest.fixture
def ask(organization, sandbox, logging_settings):
    """Ask the CRM for its users with the service account, as another process would."""
    organization.crm_hostname = sandbox.host
    organization.save()

    def ask():
        crm_sign_in.in_memory.clear()
        credentials = organization_credentials(get_settings(organization))
        with open_connector(organization, credentials) as connector:
            return connector.get_user_list()

    return ask


ASKERS = """
import django, sys, threading
django.setup()
from appconnect.organizations.mapping.directory import fetch_crm_users
from appconnect.organizations.models import Organization

organization = Organization.objects.get()
print("ready", flush=True)
sys.stdin.readline()
start = threading.Barrier(8)
got = []

def ask():
    start.wait()
    got.append(fetch_crm_users(organization))

threads = [threading.Thread(target=ask) for _ in range(8)]
[t.start() for t in threads]
[t.join() for t in threads]
print(len(got))
"""


def test_a_sign_in_serves_all_processes(ask, sandbox):
    assert ask() == ask()

    assert len(sandbox.asked(SESSIONS)) == 1


def test_an_ended_session_is_replaced_for_all(ask, sandbox):
    ask()
    sandbox.switch(crmEndsSessions=True)

    assert ask() == ask()
    assert len(sandbox.asked(SESSIONS)) == 2


def test_password_changed_in_the_crm_is_reported(ask, sandbox):
    ask()
    sandbox.switch(crmPassword="another")

    with pytest.raises(CredentialsRejected):
        ask()


def test_stored_sign_in_is_sealed(ask, organization):
    ask()

    row = CrmSignIn.objects.get()
    assert row.signed_in["token"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT signed_in FROM organizations_crmsignin")
        assert row.signed_in["token"] not in cursor.fetchone()[0]


def test_new_settings_end_the_sign_in_of_the_old_ones(ask, logging_settings):
    ask()
    credentials = organization_credentials(logging_settings)
    logging_settings.additional_field_values = {
        **credentials.server_logging_settings,
        "apiPassword": "wrong",
    }
    logging_settings.save()

    with pytest.raises(CredentialsRejected):
        ask()


def test_saving_settings_signs_in_again(ask, organization, sandbox, now):
    ask()
    stored = get_settings(organization)
    for level in ("Disable", "Account"):
        update_server_logging_settings(
            organization,
            NewSettings(
                additional_field_values=stored.additional_field_values,
                rules={"logging_level": level},
            ),
            admin_extension_id="",
            actor=ADA,
            now=now,
        )

    ask()

    assert len(sandbox.asked(SESSIONS)) == 3, "at first, to try, and afterwards"


def test_hash_differs_for_different_credentials():
    kinds = [
        Credentials(hostname="a"),
        Credentials(hostname="b"),
        Credentials(hostname="a", server_logging_settings={"apiPassword": "x"}),
        Credentials(hostname="a", server_logging_settings={"apiPassword": "y"}),
        Credentials(hostname="a", session_id="1"),
        Credentials(hostname="a", session_id="1", access_token="x"),
        Credentials(hostname="a", session_id="2"),
    ]

    assert len({hash_of(credentials) for credentials in kinds}) == len(kinds)


def test_a_persons_session_does_not_depend_on_the_settings():
    session = Credentials(session_id="1", server_logging_settings={"a": "1"})

    assert hash_of(session) == hash_of(Credentials(session_id="1"))


@pytest.mark.processes
def test_one_of_many_workers_signs_in(sandbox, tmp_path):
    set_up = f"""
import django
django.setup()
from appconnect.organizations.models import Organization, ServerLoggingSettings

organization = Organization.objects.create(
    name="O", rc_account_id="1", platform="sandbox", crm_hostname="{sandbox.host}"
)
ServerLoggingSettings.objects.create(
    organization=organization,
    platform="sandbox",
    additional_field_values={{"apiUsername": "service", "apiPassword": "sandbox"}},
)
"""
    outputs = run_once_then_at_once(set_up, ASKERS, sandbox=sandbox, folder=tmp_path)

    assert outputs == ["8\n"] * 3
    assert len(sandbox.asked(SESSIONS)) == 1


@pytest.mark.django_db
def test_renewing_a_replaced_sign_in_does_not_overwrite_the_new_one(
    organization,
):
    """The admin signs in as somebody else while a worker renews the old tokens."""
    credentials = Credentials(hostname="crm.example.com")
    keeper = StoredSignIn(organization, credentials)
    keeper.put({"token": "old"})

    def sign_in(last):
        StoredSignIn(organization, credentials).put({"token": "somebody else's"})
        return {"token": "renewed"}

    with pytest.raises(TemporaryError, match="changed meanwhile"):
        keeper.renew({"token": "old"}, sign_in)

    crm_sign_in.in_memory.clear()
    assert keeper.get() == {"token": "somebody else's"}


@pytest.mark.django_db
def test_worker_stops_waiting_for_another_sign_in(organization, monkeypatch):
    monkeypatch.setattr(crm_sign_in, "SIGN_IN_TIMEOUT_SECONDS", 0.2)
    keeper = StoredSignIn(organization, Credentials(hostname="crm.example.com"))

    def sign_in(last):
        with pytest.raises(TemporaryError):
            keeper.renew({}, sign_in)
        return {"token": "x"}

    assert keeper.renew({}, sign_in) == {"token": "x"}


def test_api_key_is_not_stored_for_a_host_it_was_not_tested_at(connected, now):
    """Another address is chosen while the CRM is asked whose key it is."""
    asked = Organization.objects.get(pk=connected.pk)
    choose_crm(
        connected, platform="sandbox", hostname="new.example", actor=ADA, now=now
    )

    with pytest.raises(CrmChanged, match="Another CRM was chosen"):
        connect_to_crm(asked, api_key=seed.api_key_of("u1"), extension_id="101")

    assert not connected.crm_sessions.exists()


@pytest.mark.on_postgresql
@pytest.mark.django_db(transaction=True)
def test_later_of_two_simultaneous_sign_ins_stays(sandbox):
    organization = make_organization()
    organization.crm_hostname = sandbox.host
    organization.save()
    start, connected = threading.Barrier(2), []

    def connect(user_id: str) -> None:
        start.wait()
        try:
            here = Organization.objects.get()
            key = seed.api_key_of(user_id)
            connected.append(connect_to_crm(here, api_key=key, extension_id="101"))
        finally:
            connection.close()

    threads = [threading.Thread(target=connect, args=[u]) for u in ("u1", "u2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({session.pk for session in connected}) == 1
    assert len(connected) == 2
    assert CrmSession.objects.count() == 1
    assert AuditEntry.objects.filter(action="CRM_CONNECTED").count() == 2
