"""What the whole journey needs of a CRM's judged stand-in."""

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from django.urls import reverse

from tests.support.fakes.server import FakeCrm
from tests.support.helpers import leads_to

CUSTOMER = "+14155550101"
"""The number of Iris Ito, whom two contacts have: the more recent one is hers."""
EMAIL = "ben.baker@example.com"
"""Of extension 102, so that the CRM's user is mapped to it."""


class JudgedCrm:
    """A CRM whose service account is in the settings form.

    A subclass is made with the program's settings. It makes `fake`, the two contacts and
    the user, and says in `record` what became of the only call: contact, owner, text.
    """

    platform: ClassVar[str]
    choices: ClassVar[Mapping[str, str]] = {}
    """Fields of the form that are no credentials."""
    mapped_by_hand = ""
    """The name of the user who is mapped by hand; empty: matched by email address."""
    is_written_once = False
    """Whether the CRM lets nobody change a record."""
    fake: FakeCrm

    @property
    def hostname(self) -> str:
        return self.fake.hostname or self.fake.host

    @property
    def fields(self) -> dict[str, str]:
        """The fields of the settings form that are the CRM's own."""
        values = {**self.fake.settings, **self.choices}
        return {f"additional-{const}": value for const, value in values.items()}

    def sign_in(self, console: Any) -> None:
        """Do nothing: the service account is in the form."""


class OAuthCrm(JudgedCrm):
    """A CRM that the admin signs in to."""

    def sign_in(self, console: Any) -> None:
        away = leads_to(console.post(reverse("console:crm-sign-in")))
        asked = dict(parse_qsl(urlsplit(away).query))
        answer = {"state": asked["state"], "code": "a-code"}
        console.get(reverse("console:crm-callback"), answer)
