"""POST /admin/userMapping."""

import json
from collections.abc import Iterable

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.response import Response

from appconnect.api.base.permissions import IsRingCentralAdmin
from appconnect.api.base.refusals import revoking
from appconnect.api.base.views import ClientView, body_member
from appconnect.api.calls.posted import text_of
from appconnect.api.docs.schema import ID, JSON, REVOKED, TEXT, list_of, shape
from appconnect.calls.client.bulkhead import bulkhead
from appconnect.organizations.connections.connectors import (
    get_settings,
    open_connector,
    session_credentials,
)
from appconnect.organizations.mapping.directory import ExtensionRow
from appconnect.organizations.mapping.user_mapping import map_client_extensions
from appconnect.organizations.models import Organization
from appconnect.ringcentral.extensions import ExtensionInfo
from connector.types import CrmUser

LONGEST_ID = 40
DIRECTORY = shape(
    {
        "rcExtensionList": list_of(
            shape(
                {
                    "id": ID,
                    "name": TEXT,
                    "firstName": TEXT,
                    "lastName": TEXT,
                    "email": TEXT,
                    "extensionNumber": ID,
                    "type": TEXT,
                },
                needs="id",
            )
        )
    },
    needs="rcExtensionList",
    example={
        "rcExtensionList": [
            {"id": "800100102", "name": "Ben Baker", "extensionNumber": "102"}
        ]
    },
)
MAPPING = list_of(
    shape(
        {
            "crmUser": shape(
                {"id": ID, "name": TEXT, "email": TEXT}, needs="id name email"
            ),
            "rcUser": list_of(
                shape(
                    dict.fromkeys(
                        ("extensionId", "name", "extensionNumber", "email"), TEXT
                    ),
                    needs="extensionId name extensionNumber email",
                )
            ),
        },
        needs="crmUser rcUser",
    )
)


class UserMappingView(ClientView):
    """One entry per CRM user, with the extensions mapped to them; new matches are kept."""

    permission_classes = [IsRingCentralAdmin]
    max_body_bytes = 50 * 1024 * 1024
    """App Connect's own limit: a whole company directory fits."""

    @extend_schema(
        summary="Map the client's directory to the CRM's users",
        request={JSON: DIRECTORY},
        responses={200: MAPPING, **REVOKED},
    )
    def post(self, request):
        session = request.user
        organization = session.organization
        posted = body_member(request, "rcExtensionList", list)
        if posted is None:
            raise ParseError("rcExtensionList is missing.")
        if not all(has_id(extension) for extension in posted):
            raise ParseError(
                "rcExtensionList: each entry needs an id, a number or a text of at "
                f"most {LONGEST_ID} characters."
            )
        if not organization.declared.server_side_logging.enable_user_mapping:
            return Response([])
        credentials = session_credentials(session, get_settings(organization))
        with (
            revoking(isRevokeUserSession=True),
            bulkhead(),
            open_connector(organization, credentials) as connector,
        ):
            users = connector.get_user_list()
        by_user = self.map_extensions(
            organization, [parse_extension(extension) for extension in posted], users
        )
        # Ten thousand users are 2 MB: a renderer would look at each value again.
        body = json.dumps(
            [entry(user, by_user.get(user.id, ())) for user in users],
            ensure_ascii=False,
            separators=(",", ":"),
        )
        return HttpResponse(body, content_type="application/json")

    def map_extensions(
        self,
        organization: Organization,
        extensions: list[ExtensionInfo],
        users: list[CrmUser],
    ) -> dict[str, list[ExtensionRow]]:
        """Return the extensions of each CRM user, by CRM user id."""
        return map_client_extensions(organization, extensions, users)


def entry(user: CrmUser, extensions: Iterable[ExtensionRow]) -> dict:
    """Return one element of the answer: a CRM user with the extensions mapped to them."""
    return {
        "crmUser": {"id": user.id, "name": user.name, "email": user.email},
        "rcUser": [
            {
                "extensionId": extension_id,
                "name": name,
                "extensionNumber": number,
                "email": email,
            }
            for _pk, extension_id, number, name, email, *_rest in extensions
        ],
    }


def has_id(extension: object) -> bool:
    if not isinstance(extension, dict):
        return False
    return 0 < len(text_of(extension, "id")) <= LONGEST_ID


def parse_extension(extension: dict) -> ExtensionInfo:
    """Translate one entry of the client's directory: all its members but `id` may be missing."""
    name = text_of(extension, "name")
    if not name:
        names = (text_of(extension, "firstName"), text_of(extension, "lastName"))
        name = " ".join(filter(None, names))
    return ExtensionInfo(
        id=text_of(extension, "id"),
        extension_number=text_of(extension, "extensionNumber"),
        name=name,
        email=text_of(extension, "email"),
        type=text_of(extension, "type") or "User",
        is_enabled=True,
    )
