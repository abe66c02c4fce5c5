"""The tests of a connector over HTTP, with sample replies."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, ClassVar

import pytest
import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from connector.base import Connector
from connector.errors import (
    ConnectorError,
    CredentialsRejected,
    PermanentError,
    TemporaryError,
    UnknownOutcome,
)
from connector.http.session import USER_AGENT
from connector.manifest import Platform
from connector.testing.conformance import ConnectorConformance
from connector.testing.samples import (
    SAMPLE_CALL,
    SAMPLE_CONTACT,
    SAMPLE_OWNER,
    SECRET,
    CannedReplies,
    create_call_log,
)
from connector.types import Credentials, SignInKeeper


class HttpConnectorConformance(ConnectorConformance):
    """A subclass has the CRM's sample replies."""

    credentials: ClassVar[Credentials] = Credentials(
        hostname="crm.example.com",
        access_token=SECRET,
        server_logging_settings={"apiPassword": SECRET},
    )
    signed_in: ClassVar[Mapping[str, str]] = {}
    """The result of the connector's `sign_in`, where it has one."""
    contact_reply: ClassVar[Any]
    """A reply in which `find_contact` finds at least one contact."""
    no_contact_reply: ClassVar[Any]
    call_log_reply: ClassVar[Any]
    """The reply to a created record."""
    replies_before_creation: ClassVar[Sequence[Any]] = ()
    """The replies to what is read before a record is created, such as its contact."""
    user_list_reply: ClassVar[Any] = None
    """The only page of users; needed with `get_user_list`."""
    user_list_end: ClassVar[Any] = None
    """The reply after the last page, where pages are read until there are no more."""
    license_status_reply: ClassVar[Any] = None
    """Needed with `get_license_status`."""

    @pytest.fixture
    def connectors(self) -> Iterator[Any]:
        """A function: replies → (connector, the transport that answers them)."""
        opened = []

        def connect(*replies: Any) -> tuple[Connector, CannedReplies]:
            transport = CannedReplies(*replies)
            session = requests.Session()
            session.headers["User-Agent"] = USER_AGENT
            session.mount("https://", transport)
            session.mount("http://", transport)
            keeper = SignInKeeper(self.signed_in)
            opened.append(
                self.connector_class(
                    self.credentials, session=session, sign_in_keeper=keeper
                )
            )
            return opened[-1], transport

        yield connect
        for connector in opened:
            connector.close()

    def test_a_known_number_gives_its_contacts(self, connectors: Any) -> None:
        connector, _ = connectors((200, self.contact_reply))

        contacts = connector.find_contact("+15105550100")

        assert contacts
        assert all(contact.id and isinstance(contact.id, str) for contact in contacts)

    def test_a_contacts_times_are_utc(self, connectors: Any) -> None:
        connector, _ = connectors((200, self.contact_reply))

        for contact in connector.find_contact("+15105550100"):
            for at in (contact.created_at, contact.most_recent_activity_at):
                assert at is None or at.utcoffset() == timedelta(0)

    def test_an_unknown_number_gives_an_empty_list(self, connectors: Any) -> None:
        connector, _ = connectors((200, self.no_contact_reply))

        assert connector.find_contact("+15105550199") == []

    def test_a_created_record_has_an_id(self, connectors: Any) -> None:
        connector, _ = connectors(
            *self.replies_before_creation, (201, self.call_log_reply)
        )

        log_id = create_call_log(connector, owner=SAMPLE_OWNER)

        assert log_id
        assert isinstance(log_id, str)

    def test_the_owner_reaches_the_crm(self, connectors: Any) -> None:
        connector, transport = connectors(
            *self.replies_before_creation, (201, self.call_log_reply)
        )

        create_call_log(connector, owner=SAMPLE_OWNER)

        assert SAMPLE_OWNER.id in transport.bodies

    def test_without_an_owner_none_is_sent(self, connectors: Any) -> None:
        connector, transport = connectors(
            *self.replies_before_creation, (201, self.call_log_reply)
        )

        create_call_log(connector, owner=None)

        assert "owner" not in transport.bodies.lower()

    def test_a_text_of_the_declared_length_is_sent_whole(self, connectors: Any) -> None:
        connector, transport = connectors(
            *self.replies_before_creation, (201, self.call_log_reply)
        )
        text = "a" * (connector.max_text_length or 1000)

        connector.create_call_log(
            SAMPLE_CALL,
            contact=SAMPLE_CONTACT,
            owner=SAMPLE_OWNER,
            composed_log_details=text,
        )

        assert any(text in str(request.body) for request in transport.requests), (
            "max_text_length is larger than what is sent"
        )

    def test_an_update_sends_nothing_where_nothing_changed(
        self, connectors: Any
    ) -> None:
        connector, transport = connectors(
            *self.replies_before_creation, (201, self.call_log_reply)
        )
        log_id = create_call_log(connector, owner=SAMPLE_OWNER)
        transport.requests.clear()

        same = replace(SAMPLE_CALL, previous=SAMPLE_CALL)
        connector.update_call_log(log_id, same, composed_log_details=None)

        assert not transport.requests, "people may have changed the fields"

    def test_user_ids_are_unique_and_not_empty(
        self, connectors: Any, declared: Platform
    ) -> None:
        if not self.connector_class.implements("get_user_list"):
            return
        replies = [(200, self.user_list_reply), (200, self.user_list_end)]
        connector, _ = connectors(*replies[: 2 if self.user_list_end else 1])

        ids = [user.id for user in connector.get_user_list()]
        assert all(isinstance(user_id, str) for user_id in ids), "ids are text"

        assert ids
        assert all(ids)
        assert len(set(ids)) == len(ids)

    def test_license_status_has_a_text(self, connectors: Any) -> None:
        if not self.connector_class.implements("get_license_status"):
            return
        connector, _ = connectors((200, self.license_status_reply))

        assert connector.get_license_status(SAMPLE_OWNER.id).license_status

    def test_every_request_has_timeouts_and_our_user_agent(
        self, connectors: Any
    ) -> None:
        connector, transport = connectors((200, self.contact_reply))

        connector.find_contact("+15105550100")

        assert all(transport.timeouts)
        assert {r.headers["User-Agent"] for r in transport.requests} == {USER_AGENT}

    @pytest.mark.parametrize(
        ("reply", "error"),
        [
            ((401, {}), CredentialsRejected),
            ((403, {}), PermanentError),
            ((422, {}), PermanentError),
            ((302, "", {"Location": "http://127.0.0.1/"}), PermanentError),
            ((429, {}), TemporaryError),
            ((500, {}), TemporaryError),
            ((503, {}), TemporaryError),
            ((200, "<html>maintenance</html>"), TemporaryError),
            (requests.exceptions.ReadTimeout(), TemporaryError),
            (requests.exceptions.ConnectionError(), TemporaryError),
        ],
    )
    def test_a_failed_look_up_raises_the_right_error(
        self, connectors: Any, reply: Any, error: type[ConnectorError]
    ) -> None:
        connector, _ = connectors(reply)

        with pytest.raises(error):
            connector.find_contact("+15105550100")

    @pytest.mark.parametrize(
        ("reply", "error"),
        [
            ((401, {}), CredentialsRejected),
            ((422, {}), PermanentError),
            ((429, {}), TemporaryError),
            ((409, {}), UnknownOutcome),
            ((500, {}), UnknownOutcome),
            ((503, {}), UnknownOutcome),
            ((200, "<html>maintenance</html>"), UnknownOutcome),
            (requests.exceptions.ReadTimeout(), UnknownOutcome),
            (requests.exceptions.ConnectionError("reset"), UnknownOutcome),
            (requests.exceptions.ConnectTimeout(), TemporaryError),
            (
                requests.exceptions.ConnectionError(
                    MaxRetryError(
                        None,  # type: ignore[arg-type]  # the pool is not looked at
                        "/",
                        NewConnectionError(None, "refused"),  # type: ignore[arg-type]
                    )
                ),
                TemporaryError,
            ),
        ],
    )
    def test_a_failed_creation_raises_the_right_error(
        self, connectors: Any, reply: Any, error: type[ConnectorError]
    ) -> None:
        connector, _ = connectors(*self.replies_before_creation, reply)

        with pytest.raises(error):
            create_call_log(connector, owner=SAMPLE_OWNER)

    @pytest.mark.parametrize(
        "retry_after",
        ["3600", format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)],
        ids=["seconds", "date"],
    )
    def test_retry_after_is_passed_on(self, connectors: Any, retry_after: str) -> None:
        connector, _ = connectors((429, {}, {"Retry-After": retry_after}))

        with pytest.raises(TemporaryError) as caught:
            connector.find_contact("+15105550100")

        assert caught.value.retry_after is not None
        assert 0 < caught.value.retry_after <= 3600

    def test_secrets_appear_in_no_repr_error_or_log_line(
        self, connectors: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        message = f"The token {SECRET} of +1 510-555-0100 is wrong."
        connector, _ = connectors((401, {"echo": SECRET, "message": message}))

        with caplog.at_level("DEBUG"), pytest.raises(ConnectorError) as caught:
            connector.find_contact("+15105550100")

        error = caught.value
        texts = [repr(connector), repr(connector.credentials), repr(error)]
        shown = " ".join([*texts, error.full_message, caplog.text])
        assert SECRET not in shown
        assert "0100" not in error.full_message
