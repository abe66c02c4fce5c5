"""Step 5: who in the CRM was on the other side?"""

from appconnect.calls.reasons import Skip, SkipReason
from connector.base import Connector
from connector.types import Call, Contact


def find_contact(connector: Connector, call: Call) -> Contact:
    """Return the one contact with the other side's number. Raises `Skip`."""
    match connector.find_contact(call.contact_number):
        case [contact]:
            return contact
        case []:
            raise Skip(SkipReason.NO_CONTACT)
        case _:
            raise Skip(SkipReason.SEVERAL_CONTACTS)
