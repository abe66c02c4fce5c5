"""Signing in with RingCentral, against the sandbox's own sign-in page over HTTP."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.core import signing
from django.utils import timezone

from appconnect.organizations.connections.ringcentral_connection import open_ringcentral
from appconnect.organizations.models import Member, Organization
from appconnect.sandbox.ringcentral import seed
from tests.support.helpers import text_of

BEGIN, CALLBACK = "/ringcentral/sign-in/", "/ringcentral/callback/"
CONNECT = "/ringcentral/connect/"


@pytest.fixture
def sign_in(client, sandbox, settings):
    """Return a function that signs a person in, in the browser; it returns the last page."""
    settings.PUBLIC_URL = "http://testserver"
    sandbox.register("http://testserver/ringcentral/callback/")

    def sign_in(extension: str, *, path: str = BEGIN, **changes: str):
        return client.get(come_back(client, extension, path, **changes), follow=True)

    return sign_in


def begun(client) -> dict[str, str]:
    """Return what the browser keeps of the sign-in that it began."""
    cookie = client.cookies["ringcentral_sign_in"].value
    return signing.loads(cookie, salt="ringcentral_sign_in")


def come_back(client, extension: str, path: str = BEGIN, **changes: str) -> str:
    """Go to RingCentral's page, choose who you are; return where that sends the browser."""
    there = client.get(path).url
    asked = {k: v[0] for k, v in parse_qs(urlsplit(there).query).items()}
    reply = requests.post(
        there.partition("?")[0],
        data=asked | {"extension": extension} | changes,
        allow_redirects=False,
        timeout=60,
    )
    return reply.headers["Location"]


def test_the_first_admin_sets_the_organization_up(db, client, sign_in, now):
    page = sign_in("101")

    organization = Organization.objects.get()
    assert organization.rc_account_id == seed.ACCOUNT_ID
    assert organization.region == "US"
    assert organization.extensions.count() == len(seed.EXTENSIONS)
    assert organization.ringcentral_connection.is_connected
    assert "Sandbox Ltd" in text_of(page)
    assert "Ada Admin Account menu" in text_of(page)
    with open_ringcentral(organization, now=now) as ringcentral:
        assert ringcentral.get("/restapi/v1.0/account/~")["id"] == int(seed.ACCOUNT_ID)


def test_person_without_admin_right_sees_the_missing_role(db, client, sign_in):
    page = sign_in("102")

    assert page.status_code == 403
    assert "Ben Baker is not a RingCentral admin" in text_of(page)
    assert "Super Admin" in text_of(page)
    assert not Organization.objects.exists()
    assert client.get("/calls/").status_code == 302


def test_an_admin_with_a_local_account_is_the_same_person(connected, member, sign_in):
    page = sign_in("101")

    assert Member.objects.count() == 1
    assert "ada Account menu" in text_of(page)


def test_a_sign_in_leaves_a_working_connection_alone(connected, member, sign_in):
    sign_in("101")

    connection = connected.ringcentral_connection
    connection.refresh_from_db()
    assert connection.jwt == seed.jwt_of("101")
    assert connection.refresh_token is None


def test_a_second_admin_takes_the_connection_over(
    connected, client, member, sign_in, sandbox, now
):
    sandbox.switch(promote="103")

    sign_in("103")
    client.post(CONNECT)
    page = sign_in("103")

    connection = connected.ringcentral_connection
    connection.refresh_from_db()
    assert "RingCentral is connected." in text_of(page)
    assert connection.extension_id == seed.extension_id("103")
    assert connection.jwt is None
    actions = list(connected.audit_entries.values_list("action", flat=True))
    assert actions == [
        *("SIGNED_IN", "RINGCENTRAL_CONNECTED"),
        *("SIGNED_IN", "MEMBER_ADDED"),
    ]
    with open_ringcentral(connected, now=now) as ringcentral:
        own = ringcentral.get("/restapi/v1.0/account/~/extension/~")
    assert own["extensionNumber"] == "103"


def test_a_lost_connection_comes_back_with_the_next_sign_in(connected, member, sign_in):
    connection = connected.ringcentral_connection
    connection.status = connection.Status.RECONNECT_NEEDED
    connection.save()

    sign_in("101")

    connection.refresh_from_db()
    assert connection.is_connected


def test_many_sign_ins_do_not_end_the_connections_own(
    connected, client, member, sign_in, now
):
    client.force_login(member.user)
    client.post(CONNECT)
    sign_in("101")
    for _ in range(6):
        client.post("/accounts/logout/")
        sign_in("101")

    with open_ringcentral(connected, now=now) as ringcentral:
        assert ringcentral.get("/restapi/v1.0/account/~")


def test_a_sign_in_that_ringcentral_may_answer_by_itself_confirms_nothing(
    connected, client, member, sign_in
):
    export = "/audit/export/"
    sign_in("101")
    assert client.get(export).url.startswith("/confirm-sign-in/")

    client.post("/accounts/logout/")
    sign_in("101")
    assert client.get(export).url.startswith("/confirm-sign-in/")

    sign_in("101")  # who is signed in has to answer
    assert client.get(export).status_code == 200


@pytest.mark.parametrize(
    "query", ["", "?state=wrong&code=x", "?code=x", "?state=&code=x"]
)
def test_a_sign_in_that_was_not_begun_here_is_refused(db, client, sign_in, query):
    client.get(BEGIN)

    page = client.get(CALLBACK + query)

    assert page.status_code == 400
    assert "started in another browser" in text_of(page)


def test_a_code_works_once(db, client, sign_in):
    location = come_back(client, "101")
    client.get(location)

    assert client.get(location).status_code == 400


def test_a_code_is_worth_nothing_in_another_browser(db, client, sign_in):
    """PKCE: whoever overhears the way back lacks the verifier of the browser that began."""
    location = come_back(client, "101")
    code = parse_qs(urlsplit(location).query)["code"][0]
    client.get(BEGIN)
    state = begun(client)["state"]

    page = client.get(CALLBACK, {"code": code, "state": state})

    assert page.status_code == 400
    assert "OAU-106" in text_of(page)


def test_canceled_ringcentral_sign_in_is_explained(db, client, sign_in):
    client.get(BEGIN)
    state = begun(client)["state"]

    page = client.get(CALLBACK, {"error": "access_denied", "state": state})

    assert "RingCentral sign-in was canceled or denied." in text_of(page)


def test_a_closed_account_stays_closed(connected, member, sign_in):
    member.user.is_active = False
    member.user.save()

    assert "You no longer have access." in text_of(sign_in("101"))


@pytest.fixture
def confirmed_long_ago(member):
    member.right_confirmed_at = timezone.now() - timedelta(minutes=5)
    member.save()


@pytest.mark.usefixtures("confirmed_long_ago")
def test_a_demoted_admin_changes_nothing_any_more(
    console, connected, sandbox, settings
):
    sandbox.switch(demote="101", promote="103")

    page = console.post("/settings/", {"rules-logging_level": "Disable"})

    assert page.status_code == 403
    assert "no longer a RingCentral admin" in text_of(page)
    settings.RINGCENTRAL_SERVER = "http://127.0.0.1:9"
    assert console.post("/pause/").status_code == 403, "an old yes counts no more"
    assert connected.server_logging_settings.get().is_enabled


@pytest.mark.usefixtures("confirmed_long_ago")
def test_while_ringcentral_is_down_the_last_answer_counts(console, connected, settings):
    settings.RINGCENTRAL_SERVER = "http://127.0.0.1:9"

    assert console.post("/pause/").status_code == 302


def test_last_answer_of_ringcentral_expires(console, connected, member, settings):
    settings.RINGCENTRAL_SERVER = "http://127.0.0.1:9"
    member.right_confirmed_at = timezone.now() - timedelta(hours=2)
    member.save()

    assert console.post("/pause/").status_code == 403
