import io
import sys

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from appconnect.organizations.models import Organization

GOOD = "a long enough password"


@pytest.fixture
def create(db, sandbox, monkeypatch):
    """Give a function that runs the command with what is typed."""

    def create(jwt: str = "sandbox-jwt-101", password: str = GOOD, **options):
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{jwt}\n{password}\n"))
        output = io.StringIO()
        call_command(
            "create_organization",
            **{"username": "ada", "platform": "sandbox", **options},
            stdout=output,
        )
        return output.getvalue()

    return create


def test_command_creates_the_organization_and_its_first_admin(create, client):
    output = create(crm_hostname="crm.example.com")

    organization = Organization.objects.get()
    assert output == "Sandbox Ltd is set up. ada can sign in.\n"
    assert organization.rc_account_id == "800100200"
    assert (organization.region, organization.time_zone) == (
        "US",
        "America/Los_Angeles",
    )
    assert organization.extensions.count() == 12
    assert organization.members.get().extension_id == "800100101"
    assert client.login(username="ada", password=GOOD)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"jwt": "nonsense"}, "OAU-213"),
        ({"jwt": "sandbox-jwt-102"}, "does not belong to a RingCentral admin"),
        ({"password": "short"}, "at least 12 characters"),
    ],
)
def test_wrong_input_is_refused_and_nothing_is_created(create, typed, message):
    with pytest.raises(CommandError, match=message):
        create(**typed)

    assert not Organization.objects.exists()


def test_an_account_is_set_up_once(create):
    create()

    with pytest.raises(CommandError, match="User ada already exists"):
        create()
    with pytest.raises(CommandError, match="Sandbox Ltd is already set up"):
        create(username="eve")
