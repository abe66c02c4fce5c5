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


def test_it_reads_the_account_and_makes_its_first_admin(create, client):
    said = create(crm_hostname="crm.example.com")

    organization = Organization.objects.get()
    assert said == "Sandbox Ltd is set up; ada can sign in.\n"
    assert organization.rc_account_id == "800100200"
    assert (organization.region, organization.time_zone) == (
        "US",
        "America/Los_Angeles",
    )
    assert organization.extensions.count() == 10
    assert organization.members.get().extension_id == "800100101"
    assert client.login(username="ada", password=GOOD)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"jwt": "nonsense"}, "OAU-213"),
        ({"jwt": "sandbox-jwt-102"}, "no admin of the RingCentral account"),
        ({"password": "short"}, "at least 12 characters"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_made(create, typed, said):
    with pytest.raises(CommandError, match=said):
        create(**typed)

    assert not Organization.objects.exists()


def test_an_account_is_set_up_once(create):
    create()

    with pytest.raises(CommandError, match="There is a user ada already"):
        create()
    with pytest.raises(CommandError, match="Sandbox Ltd is set up already"):
        create(username="eve")
