"""GET /crmManifest and GET /implementedInterfaces."""

import re
from functools import cache

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from appconnect.api.base.answers import plain_text
from appconnect.api.base.exceptions import PlainText
from appconnect.api.base.fields import RequestSerializer, TextField
from appconnect.api.base.views import OpenView
from connector.base import Connector
from connector.manifest import needs_settings, read_document
from connector.registry import UnknownPlatform, get_connector_class, get_platform
from connector.types import AuthType

INTERFACES = [
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
]
"""The client's list; the interfaces that have nothing to do with server-side logging are
never implemented."""
OURS = {"unAuthorize": True, "cacheCallNote": True}
"""Interfaces that need no connector."""
NAME = "Its name in the manifest, such as `sandbox`."


class ManifestQuery(RequestSerializer):
    platformName = TextField(default="default", help_text=NAME)


class CrmManifestView(OpenView):
    """The manifest of a platform, its addresses being this server's."""

    @extend_schema(
        parameters=[ManifestQuery],
        responses={200: OpenApiTypes.OBJECT, **plain_text("Platform not found")},
    )
    def get(self, request):
        """Read a platform's manifest."""
        name = ManifestQuery.read(request.query_params)["platformName"]
        try:
            get_platform(name)  # refuses a manifest with a fault
            manifest = read_document(get_connector_class(name).manifest_path())
        except UnknownPlatform as error:
            raise PlainText("Platform not found") from error
        manifest["serverUrl"] = settings.PUBLIC_URL
        for platform in manifest["platforms"].values():
            if logging := platform.get("serverSideLogging"):
                logging["url"] = settings.PUBLIC_URL
            for link in ("logPageUrl", "contactPageUrl"):
                if needs_settings(platform.get(link, "")):  # only we know them
                    del platform[link]
        return Response(manifest)


class PlatformQuery(RequestSerializer):
    platform = TextField(help_text=NAME)


class ImplementedInterfacesView(OpenView):
    """Open to everybody: it shows what the software can do."""

    @extend_schema(
        parameters=[PlatformQuery],
        responses={200: dict[str, bool], **plain_text("Please provide platform.")},
    )
    def get(self, request):
        """List which interfaces a platform's connector has."""
        platform = PlatformQuery.read(request.query_params)["platform"]
        if not platform:
            raise PlainText("Please provide platform.")
        return Response(interfaces_of(platform))


@cache
def interfaces_of(platform: str) -> dict[str, bool]:
    """Return which interfaces a platform's connector has. Raises `UnknownPlatform`."""
    connector_class = get_connector_class(platform)
    is_oauth = get_platform(platform).auth_type is AuthType.OAUTH
    sign_in = "getOauthInfo" if is_oauth else "getBasicAuth"
    implemented = {
        name: implements(connector_class, name) for name in (sign_in, *INTERFACES)
    }
    return implemented | OURS


def implements(connector_class: type[Connector], interface: str) -> bool:
    name = re.sub("([A-Z])", r"_\1", interface).lower()
    return hasattr(Connector, name) and connector_class.implements(name)
