"""GET and POST /contact."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.response import Response

from appconnect.api.base.exceptions import Refusal, return_message
from appconnect.api.base.permissions import HasUserJwt
from appconnect.api.base.refusals import refusing
from appconnect.api.base.views import ClientView
from appconnect.api.calls.posted import text_of
from appconnect.api.docs.schema import (
    ANSWER_MEMBERS,
    FLAG,
    ID,
    JSON,
    REVOKED,
    TEXT,
    about,
    list_of,
    query_parameter,
    ref,
    shape,
    switch,
)
from appconnect.calls.client.client_session import asking_crm
from appconnect.calls.client.contact_search import search_contacts
from appconnect.calls.models.timing import running_from
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.logging_settings.phone_numbers import (
    is_format,
    to_e164,
    write_as,
)
from appconnect.organizations.models import CrmSession
from connector.registry import get_connector_class
from connector.types import Contact

NEW_CONTACT = {
    "id": "createNewContact",
    "name": "Create new contact...",
    "type": "",
    "phone": "",
    "additionalInfo": None,
    "isNewContact": True,
}
"""The client's own entry, which leads to its form."""

CONTACT = shape(
    {
        "id": ID,
        "name": TEXT,
        "type": TEXT,
        "phone": TEXT,
        "createdDate": TEXT,
        "mostRecentActivityDate": TEXT,
        "additionalInfo": {"type": ["object", "null"]},
        "isNewContact": FLAG,
    },
    needs="id name type",
    example={"id": "c1", "name": "Iris Ito", "type": "Contact"},
)
FOUND = shape(
    {
        "successful": FLAG,
        "returnMessage": {"oneOf": [ref("ReturnMessage"), {"type": "null"}]},
        "contact": about(
            "Those with the number, and the way to make one.", list_of(CONTACT)
        ),
    },
    needs="successful returnMessage",
)
TO_CREATE = shape(
    {"phoneNumber": TEXT, "newContactName": TEXT, "newContactType": TEXT},
    needs="phoneNumber newContactName",
    example={"phoneNumber": "+14155550177", "newContactName": "Dora Dean"},
)


class ContactView(ClientView):
    """What the CRM refuses is 200 with `successful: false`; so is a session that is gone."""

    permission_classes = [HasUserJwt]

    @extend_schema(
        summary="Look up who has a phone number",
        parameters=[
            query_parameter(
                "phoneNumber", "As the call has it.", "+14155550101", is_needed=True
            ),
            switch("isExtension", "The number is an extension's."),
            query_parameter(
                "overridingFormat", "Formats to search in too, with commas between."
            ),
            switch("isForceRefreshAccountData", "Ask the CRM anew."),
        ],
        responses={200: FOUND, **REVOKED},
    )
    def get(self, request):
        query, session = request.query_params, request.user
        # A plus sign that was not encoded arrives as a space.
        number = re.sub(r"^ ", "+", query.get("phoneNumber", ""))
        if not number.strip("+ "):
            raise ParseError("phoneNumber is missing.")
        if session is None:
            raise Refusal("Contact not found")
        is_extension = query.get("isExtension") == "true"
        numbers = [number] if is_extension else [*ways_to_write(session, number, query)]
        with refusing("Error finding contact"):
            found = search_contacts(
                session,
                numbers,
                is_forced=query.get("isForceRefreshAccountData") == "true",
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
                details=f"A contact with the phone number {number} could not be found "
                f"in {session.organization.declared.display_name}.",
            )
        return Response(
            {"successful": True, "returnMessage": message, "contact": contacts}
        )

    @extend_schema(
        summary="Create a contact",
        request={JSON: TO_CREATE},
        responses={
            200: shape(
                {**ANSWER_MEMBERS, "contact": CONTACT}, needs="successful returnMessage"
            ),
            **REVOKED,
        },
    )
    def post(self, request):
        session = request.user
        if session is None:
            raise Refusal("User not found")
        body = request.data if isinstance(request.data, dict) else {}
        number, name = text_of(body, "phoneNumber"), text_of(body, "newContactName")
        if not (number and name):
            raise ParseError("phoneNumber and newContactName are needed.")
        region = session.organization.region
        settings = get_settings(session.organization)
        clock = running_from(timezone.now())
        with (
            refusing("Error creating contact"),
            asking_crm(session, settings, clock=clock) as connector,
        ):
            contact = connector.create_contact(
                to_e164(number, region=region) or number,
                name=name,
                contact_type=text_of(body, "newContactType"),
            )
        said = return_message("Contact created", message_type="success", ttl=2000)
        made = {"id": contact.id, "name": contact.name, "type": contact.type}
        return Response({"successful": True, "returnMessage": said, "contact": made})


def ways_to_write(
    session: CrmSession, number: str, query: Mapping[str, str]
) -> Iterator[str]:
    """Yield a number as it may stand in the CRM: in E.164 and in the formats asked for."""
    region = session.organization.region
    e164 = to_e164(number, region=region)
    yield e164 or number
    for format_mask in query.get("overridingFormat", "").split(","):
        if e164 and is_format(format_mask):
            written = write_as(format_mask, e164, region=region)
            if written:
                yield written


def describe(contact: Contact) -> dict[str, Any]:
    """Return a contact as the client has it, without what is not known."""
    known = {
        "id": contact.id,
        "name": contact.name,
        "type": contact.type,
        "phone": contact.phone_number,
        "createdDate": contact.created_at and contact.created_at.isoformat(),
        "mostRecentActivityDate": contact.most_recent_activity_at
        and contact.most_recent_activity_at.isoformat(),
    }
    return {name: value for name, value in known.items() if value is not None}
