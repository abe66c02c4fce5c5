"""GET /implementedInterfaces."""

import re

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from appconnect.api.base.exceptions import PlainText
from appconnect.api.base.views import ClientView
from appconnect.api.docs.schema import FLAG, HTML, query_parameter, said
from connector.base import Connector
from connector.registry import get_connector_class, get_platform
from connector.types import AuthType

INTERFACES = (
    "getAuthType",
    "getUserInfo",
    "createCallLog",
    "updateCallLog",
    "getCallLog",
    "createMessageLog",
    "updateMessageLog",
    "createContact",
    "findContact",
    "listAppointments",
    "createAppointment",
    "updateAppointment",
    "refreshAppointment",
    "confirmAppointment",
    "cancelAppointment",
    "upsertCallDisposition",
    "findContactWithName",
    "getUserList",
    "getManagedAuthOptions",
    "getLicenseStatus",
    "getLogFormatType",
    "refreshUserInfo",
)
"""The client's list; those that server-side logging does not touch are never implemented."""


OURS = {"unAuthorize": True, "cacheCallNote": True}
"""What needs no connector: everybody can be signed out here, and notes are kept here."""


class ImplementedInterfacesView(ClientView):
    """Open to everybody: it says what the software can do."""

    authentication_classes = []
    permission_classes = []

    @extend_schema(
        summary="Tell which interfaces a platform's connector has",
        parameters=[
            query_parameter(
                "platform", "Its name in the manifest.", "sandbox", is_needed=True
            )
        ],
        responses={
            200: {"type": "object", "additionalProperties": FLAG},
            (400, HTML): said("Please provide platform."),
        },
    )
    def get(self, request):
        platform = request.query_params.get("platform")
        if not platform:
            raise PlainText("Please provide platform.")
        connector_class = get_connector_class(platform)
        is_oauth = get_platform(platform).auth_type is AuthType.OAUTH
        sign_in = "getOauthInfo" if is_oauth else "getBasicAuth"
        implemented = {
            name: implements(connector_class, name) for name in (sign_in, *INTERFACES)
        }
        return Response({**implemented, **OURS})


def implements(connector_class: type[Connector], interface: str) -> bool:
    name = re.sub("([A-Z])", r"_\1", interface).lower()
    return hasattr(Connector, name) and connector_class.implements(name)
