"""POST /admin/userMapping."""

from rest_framework.exceptions import ParseError
from rest_framework.response import Response

from appconnect.api.permissions import IsRingCentralAdmin
from appconnect.api.views import ClientView, body_member
from appconnect.organizations.connectors import (
    get_settings,
    make_credentials,
    open_connector,
)
from appconnect.organizations.user_mapping import map_posted_extensions
from appconnect.ringcentral.extensions import ExtensionInfo


class UserMappingView(ClientView):
    permission_classes = [IsRingCentralAdmin]
    max_body_bytes = 50 * 1024 * 1024
    """App Connect's own limit: a whole company directory fits."""

    def post(self, request):
        session = request.user
        organization = session.organization
        posted = body_member(request, "rcExtensionList", list)
        if posted is None:
            raise ParseError("rcExtensionList is missing.")
        extensions = [parse_extension(extension) for extension in posted]
        if not organization.declared.server_side_logging.enable_user_mapping:
            return Response([])
        settings = get_settings(organization).additional_field_values or {}
        credentials = make_credentials(organization, settings, crm_session=session)
        with open_connector(organization, credentials) as connector:
            users = connector.get_user_list()
        by_user = map_posted_extensions(organization, extensions, users)
        return Response(
            [
                {
                    "crmUser": {"id": user.id, "name": user.name, "email": user.email},
                    "rcUser": [
                        {
                            "extensionId": extension_id,
                            "name": name,
                            "extensionNumber": number,
                            "email": email,
                        }
                        for extension_id, name, number, email in by_user.get(
                            user.id, ()
                        )
                    ],
                }
                for user in users
            ]
        )


def parse_extension(extension: object) -> ExtensionInfo:
    """Translate one entry of the client's directory: all its members but `id` may be missing."""
    if not isinstance(extension, dict) or extension.get("id") in (None, ""):
        raise ParseError("rcExtensionList: each entry needs an id.")
    text = {name: str(value) for name, value in extension.items() if value is not None}
    names = (text.get("firstName"), text.get("lastName"))
    return ExtensionInfo(
        id=text["id"],
        extension_number=text.get("extensionNumber", ""),
        name=text.get("name") or " ".join(filter(None, names)),
        email=text.get("email", ""),
        type=text.get("type", "User"),
        is_enabled=True,
    )
