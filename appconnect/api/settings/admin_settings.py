"""GET and POST /admin/settings."""

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.response import Response

from appconnect.api.base.exceptions import PLAIN
from appconnect.api.base.permissions import (
    NO_ADMIN,
    IsAdminsClient,
    prove_account_admin,
)
from appconnect.api.base.views import (
    MAX_BODY_BYTES,
    ClientView,
    body_member,
    check_length,
)
from appconnect.api.docs.schema import (
    ANYTHING,
    FLAG,
    HTML,
    JSON,
    TEXT,
    about,
    list_of,
    said,
    shape,
)
from appconnect.organizations.client.client_settings import (
    account_settings,
    update_account_settings,
)
from appconnect.organizations.security.audit import actor_of
from appconnect.worker import queue

ENTRY = shape(
    {"value": {}, "customizable": FLAG, "isRemoved": FLAG, "defaultValue": {}}
) | {"additionalProperties": True}
SERVER_SIDE_LOGGING = shape(
    {"enable": FLAG, "doNotLogNumbers": TEXT, "loggingLevel": TEXT}
)
ADMIN_SETTINGS = shape(
    {
        "id": about("The account's hash, as `/userInfoHash` gives it.", TEXT),
        "userSettings": about(
            "One entry per setting, and the flat `serverSideLogging`.",
            shape({"serverSideLogging": SERVER_SIDE_LOGGING})
            | {"additionalProperties": ENTRY},
        ),
        "userMappings": list_of(
            shape(
                {
                    "crmUserId": TEXT,
                    "rcExtensionId": {
                        "oneOf": [list_of(TEXT), about("Of old clients.", TEXT)]
                    },
                }
            )
        ),
        "customAdapter": {"type": ["object", "null"]},
        "customConnector": {"type": ["object", "null"]},
        "createdAt": {"type": ["string", "null"], "format": "date-time"},
        "updatedAt": {"type": ["string", "null"], "format": "date-time"},
        "asServed": about(
            "What was shown: posted back, it tells what was changed since.", ANYTHING
        ),
    }
)
TO_SAVE = shape(
    {"adminSettings": ADMIN_SETTINGS},
    needs="adminSettings",
    example={
        "adminSettings": {
            "userSettings": {
                "addCallLogNote": {"value": True, "customizable": True},
                "serverSideLogging": {"enable": True, "loggingLevel": "Account"},
            },
            "userMappings": [{"crmUserId": "u2", "rcExtensionId": ["800100102"]}],
        }
    },
)


class AdminSettingsView(ClientView):
    """What an admin's client shows, changes, and posts back as a whole."""

    max_body_bytes = 50 * 1024 * 1024
    """App Connect's own limit: the mapping of a whole company fits."""
    most_a_minute = 30

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        is_known = request.auth and request.user
        if not (is_known or request.headers.get("X-RC-Access-Token")):
            # Parsed, 50 MB are a gigabyte: too much to look for a stranger's token.
            check_length(request, most=MAX_BODY_BYTES)

    def get_permissions(self):
        return [IsAdminsClient()] if self.request.method == "GET" else []

    @extend_schema(
        summary="Read the account's settings", responses={200: ADMIN_SETTINGS}
    )
    def get(self, request):
        return Response(account_settings(request.user.organization))

    @extend_schema(
        summary="Save the account's settings",
        auth=[{"rcAccessToken": []}],
        request={JSON: TO_SAVE},
        responses={
            (200, HTML): said("Admin settings updated"),
            (403, HTML): said(NO_ADMIN),
        },
    )
    def post(self, request):
        organization, admin = prove_account_admin(request)
        posted = body_member(request, "adminSettings", dict)
        if posted is None:
            raise ParseError("adminSettings is missing.")
        update_account_settings(
            organization,
            posted,
            actor=actor_of(request, admin.name),
            now=timezone.now(),
        )
        queue.configuration_changed(organization)
        return HttpResponse("Admin settings updated", content_type=PLAIN)
