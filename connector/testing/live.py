"""The tests of a connector with a real server, or a faithful fake of one."""

import uuid
from abc import abstractmethod
from dataclasses import replace
from typing import ClassVar

import pytest

from connector.base import Connector, accepted
from connector.errors import CredentialsRejected
from connector.testing.samples import SAMPLE_CALL
from connector.types import Call, CallLogInfo, Contact, CrmUser, MarkerSupport


class LiveConformance:
    """A subclass has the two fixtures, the numbers, and how to look into the CRM."""

    known_number: ClassVar[str]
    """In E.164: the number of exactly one contact."""
    unknown_number: ClassVar[str] = "+15105559999"

    @pytest.fixture
    @abstractmethod
    def connector(self) -> Connector:
        """The connector with valid credentials."""

    @pytest.fixture
    @abstractmethod
    def rejected(self) -> Connector:
        """The connector with credentials that the CRM refuses."""

    @abstractmethod
    def owner_of(self, connector: Connector, log_id: str) -> str:
        """Return the id of the CRM user who owns the record, read from the CRM itself."""

    @abstractmethod
    def delete(self, connector: Connector, log_id: str) -> None:
        """Delete the record, as a person in the CRM would."""

    @pytest.fixture
    def contact(self, connector: Connector) -> Contact:
        [contact] = connector.find_contact(self.known_number)
        return contact

    @pytest.fixture
    def users(self, connector: Connector) -> list[CrmUser]:
        return [user for user in connector.get_user_list() if user.is_active]

    @pytest.fixture
    def call(self) -> Call:
        """A call that is not logged yet."""
        marker = f"rc:{uuid.uuid4().hex}"
        return replace(
            SAMPLE_CALL,
            marker=marker,
            caller=replace(SAMPLE_CALL.caller, phone_number=self.known_number),
        )

    def log(
        self, connector: Connector, call: Call, contact: Contact, owner: CrmUser | None
    ) -> str:
        return connector.create_call_log(
            call,
            contact=contact,
            owner=owner,
            composed_log_details="- Summary: first words\n",
        )

    def read_record(
        self, connector: Connector, log_id: str, contact: Contact
    ) -> CallLogInfo | None:
        """Read the record as the framework does: with its contact, where that is taken."""
        options = accepted(connector.get_call_log, contact=contact)
        return connector.get_call_log(log_id, **options)

    def test_user_info_has_id_and_name(self, connector: Connector) -> None:
        user = connector.get_user_info()

        assert user.id
        assert user.name

    def test_wrong_credentials_raise_credentials_rejected(
        self, rejected: Connector
    ) -> None:
        with pytest.raises(CredentialsRejected):
            rejected.find_contact(self.known_number)

    def test_a_known_number_has_a_name(self, contact: Contact) -> None:
        assert contact.id
        assert contact.name

    def test_an_unknown_number_has_none(self, connector: Connector) -> None:
        assert connector.find_contact(self.unknown_number) == []

    def test_all_users_are_listed_once(self, connector: Connector) -> None:
        users = connector.get_user_list()

        assert len(users) > 1
        assert len({user.id for user in users}) == len(users)

    def test_a_record_belongs_to_its_owner(
        self, connector: Connector, contact: Contact, users: list[CrmUser], call: Call
    ) -> None:
        for owner in users[:2]:
            log_id = self.log(
                connector,
                replace(call, marker=f"rc:{uuid.uuid4().hex}"),
                contact,
                owner,
            )

            assert self.owner_of(connector, log_id) == owner.id

    def test_a_record_needs_no_owner(
        self, connector: Connector, contact: Contact, call: Call
    ) -> None:
        assert self.log(connector, call, contact, None)

    def test_an_update_is_there_to_read_and_can_be_repeated(
        self, connector: Connector, contact: Contact, users: list[CrmUser], call: Call
    ) -> None:
        log_id = self.log(connector, call, contact, users[0])
        longer = replace(call, duration_seconds=600)

        for _ in range(2):
            connector.update_call_log(
                log_id, longer, composed_log_details="- Summary: last words\n"
            )

        record = self.read_record(connector, log_id, contact)
        assert record is not None
        assert "last words" in record.full_body
        assert "first words" not in record.full_body
        assert self.owner_of(connector, log_id) == users[0].id

    def test_an_update_can_leave_the_text_as_it_is(
        self, connector: Connector, contact: Contact, call: Call
    ) -> None:
        log_id = self.log(connector, call, contact, None)
        before = self.read_record(connector, log_id, contact)

        connector.update_call_log(
            log_id, replace(call, duration_seconds=600), composed_log_details=None
        )

        after = self.read_record(connector, log_id, contact)
        assert before is not None
        assert after is not None
        assert after.full_body == before.full_body
        assert "first words" in after.full_body

    def test_a_deleted_record_is_not_there(
        self, connector: Connector, contact: Contact, call: Call
    ) -> None:
        log_id = self.log(connector, call, contact, None)
        self.delete(connector, log_id)

        assert self.read_record(connector, log_id, contact) is None

    def test_a_record_is_found_by_its_marker(
        self, connector: Connector, contact: Contact, call: Call
    ) -> None:
        if connector.marker_support is MarkerSupport.NONE:
            return
        log_id = self.log(connector, call, contact, None)

        assert connector.find_call_logs(call.marker, contact=contact) == [log_id]
        assert connector.find_call_logs("rc:no-such-call", contact=contact) == []

    def test_license_status_has_a_text(
        self, connector: Connector, users: list[CrmUser]
    ) -> None:
        if connector.implements("get_license_status"):
            assert connector.get_license_status(users[0].id).license_status
