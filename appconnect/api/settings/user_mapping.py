"""POST /admin/userMapping and POST /admin/reinitializeUserMapping."""

import json
from collections.abc import Iterable

from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.exceptions import ParseError
from rest_framework.response import Response
from rest_framework.serializers import CharField, Serializer

from appconnect.api.base.answers import REVOKED, example
from appconnect.api.base.fields import IdField, ListField, RequestSerializer, text_of
from appconnect.api.base.permissions import IsRingCentralAdmin
from appconnect.api.base.refusals import revoking
from appconnect.api.base.views import ClientView
from appconnect.calls.client.bulkhead import bulkhead
from appconnect.organizations.connections.connectors import (
    get_settings,
    open_connector,
    session_credentials,
)
from appconnect.organizations.mapping.directory import ExtensionRow
from appconnect.organizations.mapping.user_mapping import map_client_extensions, rematch
from appconnect.organizations.models import Organization
from appconnect.organizations.security.audit import actor_of
from appconnect.ringcentral.extensions import ExtensionInfo
from connector.types import CrmUser

MAX_ID_CHARACTERS = 40


class ClientExtension(RequestSerializer):
    """Only described here: ten thousand of them are read by `parse_extension`."""

    id = IdField(required=True)
    name = CharField(required=False)
    firstName = CharField(required=False)
    lastName = CharField(required=False)
    email = CharField(required=False)
    extensionNumber = IdField()
    type = CharField(required=False)


@example(
    rcExtensionList=[{"id": "800100102", "name": "Ben Baker", "extensionNumber": "102"}]
)
class Directory(RequestSerializer):
    rcExtensionList = ListField(child=ClientExtension(), required=True)


class MappedCrmUser(Serializer):
    id = CharField()
    name = CharField()
    email = CharField()


class MappedExtension(Serializer):
    extensionId = CharField()
    name = CharField()
    extensionNumber = CharField()
    email = CharField()


class Mapping(Serializer):
    crmUser = MappedCrmUser()
    rcUser = MappedExtension(many=True)


class UserMappingView(ClientView):
    """One entry per CRM user, with the extensions mapped to them; new matches are stored."""

    permission_classes = [IsRingCentralAdmin]
    max_body_bytes = 50 * 1024 * 1024
    """App Connect's own limit: a whole company directory fits."""
    max_crm_requests = max_crm_requests_per_minute = 1000
    """All users of a CRM, page by page; an admin asks."""

    @extend_schema(request=Directory, responses={200: Mapping(many=True), **REVOKED})
    def post(self, request):
        """Map the client's directory to the CRM's users."""
        session = request.user
        organization = session.organization
        directory = Directory.read(request.data)["rcExtensionList"]
        if not all(has_id(extension) for extension in directory):
            raise ParseError(
                "rcExtensionList: each entry needs an id, a number or a text of at "
                f"most {MAX_ID_CHARACTERS} characters."
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
            organization, [parse_extension(extension) for extension in directory], users
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


@extend_schema_view(
    post=extend_schema(summary="Match the directory and the CRM's users again")
)
class ReinitializeUserMappingView(UserMappingView):
    """Answers as `/admin/userMapping` does."""

    def map_extensions(self, organization, extensions, users):
        actor = actor_of(self.request, str(self.request.user))
        with transaction.atomic():
            map_client_extensions(organization, extensions, users)
            rematch(organization, actor=actor, now=timezone.now())
            return map_client_extensions(organization, extensions, users)


def entry(user: CrmUser, extensions: Iterable[ExtensionRow]) -> dict:
    """Return one element of the answer: a CRM user with the extensions mapped to them."""
    return {
        "crmUser": {"id": user.id, "name": user.name, "email": user.email},
        "rcUser": [
            {
                "extensionId": extension.extension_id,
                "name": extension.name,
                "extensionNumber": extension.extension_number,
                "email": extension.email,
            }
            for extension in extensions
        ],
    }


def has_id(extension: object) -> bool:
    if not isinstance(extension, dict):
        return False
    return 0 < len(text_of(extension, "id")) <= MAX_ID_CHARACTERS


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
