"""What the tests of a CRM against its judged stand-in share."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import pytest

from connector.base import Connector
from connector.errors import TemporaryError, UnknownOutcome
from connector.http.session import open_session
from connector.testing import SAMPLE_CALL, LiveConformance, create_call_log
from connector.types import Call, Credentials, CrmUser, MarkerSupport
from tests.support.fakes.server import Answer, FakeCrm, Judge, StandInAdapter

ADA = "+15105550100"
"""The number of each stand-in's first contact, Ada Example."""


class StandInConformance(LiveConformance):
    """The kit's tests with the file's fixtures `fake` and `connect`."""

    known_number = ADA
    wrong_settings: ClassVar[Mapping[str, str]] = {}
    """Those that the CRM refuses."""
    create_path: ClassVar[str]
    """A part of the path to which a record is sent."""

    @pytest.fixture
    def connector(self, connect):
        return connect()

    @pytest.fixture
    def rejected(self, connect):
        return connect(**self.wrong_settings)

    @pytest.fixture(autouse=True)
    def _remember(self, fake):
        self.fake = fake

    @pytest.mark.parametrize("status", [200, 502])
    def test_page_of_html_is_no_answer(self, connector, contact, status):
        page = Answer(status, "<html>Down for maintenance</html>")

        self.fake.next_answers = {"": [page]}
        with pytest.raises(TemporaryError):
            connector.find_contact(self.known_number)
        if connector.marker_support is not MarkerSupport.NONE:
            self.fake.next_answers = {"": [page]}
            with pytest.raises(TemporaryError):
                connector.find_call_logs(SAMPLE_CALL.marker, contact=contact)
        self.fake.next_answers = {self.create_path: [page]}
        with pytest.raises(UnknownOutcome):
            create_call_log(connector, owner=None, contact=contact)


@contextmanager
def judged(fake: FakeCrm, judges: Sequence[Judge]) -> Iterator[Any]:
    """Run a stand-in; whatever it was asked and has answered must please the judges."""
    fake.judges = judges
    with fake:
        yield fake
    assert fake.faults == []


def open_connector(
    connector_class: type[Connector],
    fake: FakeCrm,
    hostname: str | None = None,
    *,
    at: str = "https://",
    **settings: str,
) -> Connector:
    """Return the connector with the stand-in `at` its addresses.

    Its host name and settings are the stand-in's, but for what is given.
    """
    session = open_session()
    session.mount(at, StandInAdapter(fake))
    credentials = Credentials(
        hostname=fake.hostname if hostname is None else hostname,
        server_logging_settings={**fake.settings, **settings},
    )
    return connector_class(credentials, session=session)


def log(
    connector: Connector,
    call: Call = SAMPLE_CALL,
    owner: CrmUser | None = None,
    *,
    number: str = ADA,
    text: str = "Summary",
) -> str:
    """Log a call to the only contact with the number."""
    [contact] = connector.find_contact(number)
    return connector.create_call_log(
        call, contact=contact, owner=owner, composed_log_details=text
    )


def save(connector: Connector) -> None:
    """Try the settings, as before they are saved."""
    connector.update_server_logging_settings(
        connector.credentials.server_logging_settings
    )
