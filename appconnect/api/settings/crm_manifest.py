"""GET /crmManifest."""

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from appconnect.api.base.exceptions import PlainText
from appconnect.api.base.views import ClientView
from appconnect.api.docs.schema import ANYTHING, HTML, query_parameter, said
from connector.manifest import read_document
from connector.registry import UnknownPlatform, get_connector_class


class CrmManifestView(ClientView):
    """The manifest of a platform, its addresses being this server's."""

    authentication_classes = []
    permission_classes = []

    @extend_schema(
        summary="Read a platform's manifest",
        parameters=[
            query_parameter("platformName", "Its name in the manifest.", "sandbox")
        ],
        responses={200: ANYTHING, (400, HTML): said("Platform not found")},
    )
    def get(self, request):
        name = request.query_params.get("platformName", "default")
        try:
            manifest = read_document(get_connector_class(name).manifest_path())
        except UnknownPlatform as error:
            raise PlainText("Platform not found") from error
        manifest["serverUrl"] = settings.PUBLIC_URL
        for platform in manifest["platforms"].values():
            if logging := platform.get("serverSideLogging"):
                logging["url"] = settings.PUBLIC_URL
        return Response(manifest)
