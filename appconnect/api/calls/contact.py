"""GET and POST /contact."""

import re
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.response import Response
from rest_framework.serializers import BooleanField, CharField, DictField, Serializer

from appconnect.api.base.answers import REVOKED, Answer, ReturnMessage, example
from appconnect.api.base.exceptions import Refusal, return_message
from appconnect.api.base.fields import RequestSerializer, SwitchField, TextField
from appconnect.api.base.permissions import HasUserJwt
from appconnect.api.base.refusals import refusing
from appconnect.api.base.views import ClientView
from appconnect.api.calls.client_payload import NEW_CONTACT_ID
from appconnect.calls.client.client_session import asking_crm
from appconnect.calls.client.contact_search import search_contacts
from appconnect.calls.models.timing import running_from
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.logging_settings.logging_rules import MAX_FORMATS
from connector.phone_numbers import is_format, to_e164, ways_to_write
from connector.registry import get_connector_class
from connector.types import Contact

NEW_CONTACT = {
    "id": NEW_CONTACT_ID,
    "name": "Create new contact...",
    "type": "",
    "phone": "",
    "additionalInfo": None,
    "isNewContact": True,
}
"""The client's own entry, which leads to its form."""


class ContactQuery(RequestSerializer):
    phoneNumber = TextField(required=True, help_text="As the call has it.")
    isExtension = SwitchField(help_text="The number is an extension's.")
    overridingFormat = TextField(
        help_text="Formats to search in too: three at most, with commas between."
    )
    isForceRefreshAccountData = SwitchField(help_text="Ask the CRM anew.")


@example(phoneNumber="+14155550177", newContactName="Dora Dean")
class NewContact(RequestSerializer):
    phoneNumber = TextField(missing="phoneNumber and newContactName are needed.")
    newContactName = TextField(missing="phoneNumber and newContactName are needed.")
    newContactType = TextField()


class FoundContact(Serializer):
    id = CharField()
    name = CharField()
    type = CharField()
    phone = CharField(required=False)
    createdDate = CharField(required=False)
    mostRecentActivityDate = CharField(required=False)
    additionalInfo = DictField(required=False, allow_null=True)
    isNewContact = BooleanField(required=False)


class FoundContacts(Serializer):
    successful = BooleanField()
    returnMessage = ReturnMessage(allow_null=True)
    contact = FoundContact(
        many=True,
        required=False,
        help_text="Those with the number, and the way to make one.",
    )


class CreatedContact(Answer):
    contact = FoundContact(required=False)


class ContactView(ClientView):
    """What the CRM refuses is 200 with `successful: false`; so is a session that is gone."""

    permission_classes = [HasUserJwt]

    @extend_schema(parameters=[ContactQuery], responses={200: FoundContacts, **REVOKED})
    def get(self, request):
        """Look up who has a phone number."""
        query, session = ContactQuery.read(request.query_params), request.user
        # A plus sign that was not encoded arrives as a space.
        number = re.sub(r"^ ", "+", query["phoneNumber"])
        if not number.strip("+ "):
            raise ParseError("phoneNumber is missing.")
        if session is None:
            raise Refusal("Contact not found")
        region = session.organization.region
        e164 = None if query["isExtension"] else to_e164(number, region=region)
        written = map(str.strip, query["overridingFormat"].split(","))
        masks = list(dict.fromkeys(filter(None, written)))
        numbers = [number]
        if e164 is not None:
            formats = filter(is_format, masks[:MAX_FORMATS])
            numbers = [*ways_to_write(e164, formats, region=region)]
        with refusing("Error finding contact"):
            found = search_contacts(
                session,
                numbers,
                is_forced=query["isForceRefreshAccountData"],
                clock=running_from(timezone.now()),
            )
        contacts = [describe(contact) for contact in found]
        if get_connector_class(session.platform).implements("create_contact"):
            contacts.append(NEW_CONTACT)
        message = None
        if not found:
            message = return_message(
                "Contact not found",
                message_type="warning",
                details=" ".join(
                    [
                        f"A contact with the phone number {number} could not be found "
                        f"in {session.organization.declared.display_name}.",
                        *(
                            f"The format “{mask}” was not used: write * or # for each digit."
                            for mask in masks[:MAX_FORMATS]
                            if not is_format(mask)
                        ),
                        *["Only three formats are used."] * (len(masks) > MAX_FORMATS),
                    ]
                ),
            )
        return Response(
            {"successful": True, "returnMessage": message, "contact": contacts}
        )

    @extend_schema(request=NewContact, responses={200: CreatedContact, **REVOKED})
    def post(self, request):
        """Create a contact."""
        session = request.user
        if session is None:
            raise Refusal("User not found")
        payload = NewContact.read(request.data)
        region = session.organization.region
        settings = get_settings(session.organization)
        clock = running_from(timezone.now())
        with (
            refusing("Error creating contact"),
            asking_crm(session, settings, clock=clock) as connector,
        ):
            contact = connector.create_contact(
                to_e164(payload["phoneNumber"], region=region)
                or payload["phoneNumber"],
                name=payload["newContactName"],
                contact_type=payload["newContactType"],
            )
        message = return_message("Contact created", message_type="success", ttl=2000)
        body = {"id": contact.id, "name": contact.name, "type": contact.type}
        return Response({"successful": True, "returnMessage": message, "contact": body})


def describe(contact: Contact) -> dict[str, Any]:
    """Return a contact as the client has it, without its empty members."""
    members = {
        "id": contact.id,
        "name": contact.name,
        "type": contact.type,
        "phone": contact.phone_number,
        "createdDate": contact.created_at and contact.created_at.isoformat(),
        "mostRecentActivityDate": contact.most_recent_activity_at
        and contact.most_recent_activity_at.isoformat(),
    }
    return {name: value for name, value in members.items() if value is not None}
