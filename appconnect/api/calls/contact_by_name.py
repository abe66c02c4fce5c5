"""GET /custom/contact/search: a person looks for the right contact by its name."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.response import Response

from appconnect.api.base.answers import REVOKED
from appconnect.api.base.exceptions import Refusal, return_message
from appconnect.api.base.fields import RequestSerializer, TextField
from appconnect.api.base.permissions import HasUserJwt
from appconnect.api.base.refusals import refusing
from appconnect.api.base.views import ClientView
from appconnect.api.calls.contact import FoundContacts, describe
from appconnect.calls.client.client_session import asking_crm
from appconnect.calls.models.timing import running_from
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.models import CrmSession
from connector.types import Contact

MAX_CHARACTERS = 200
MAX_CONTACTS = 100


class NameQuery(RequestSerializer):
    name = TextField(missing="name is missing.", max_characters=MAX_CHARACTERS)


class ContactByNameView(ClientView):
    """What the CRM refuses is 200 with `successful: false` and no contacts."""

    permission_classes = [HasUserJwt]

    @extend_schema(parameters=[NameQuery], responses={200: FoundContacts, **REVOKED})
    def get(self, request):
        """Look up the contacts with a name."""
        name = NameQuery.read(request.query_params)["name"].strip()
        if not name:
            raise ParseError("name is missing.")
        found, message = [], None
        try:
            if request.user is None:
                raise Refusal("User not found")
            found = search_by_name(request.user, name)
            if not found:
                message = return_message(
                    "Contact not found",
                    message_type="warning",
                    details=f"A contact with the name {name} could not be found.",
                )
        except Refusal as refusal:
            message = return_message(
                refusal.message, message_type="warning", details=refusal.details
            )
            is_successful = False
        else:
            is_successful = True
        contacts = [describe(contact) for contact in found[:MAX_CONTACTS]]
        return Response(
            {
                "successful": is_successful,
                "returnMessage": message,
                "contact": contacts,  # the client reads how many there are
            }
        )


def search_by_name(session: CrmSession, name: str) -> list[Contact]:
    """Return the CRM's contacts that the person may see. Raises `Refusal`."""
    settings = get_settings(session.organization)
    clock = running_from(timezone.now())
    with (
        refusing("Error finding contact"),
        asking_crm(session, settings, clock=clock) as connector,
    ):
        return connector.find_contact_with_name(name)
