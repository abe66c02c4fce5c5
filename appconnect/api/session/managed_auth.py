"""GET /apiKeyManagedAuthState, GET and POST /admin/managedAuth: nobody's key is managed.

Each person signs in to the CRM with a key of their own; the service account, which is no
person's, has its place in the server logging settings.
"""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.serializers import (
    BooleanField,
    CharField,
    DictField,
    ListField,
    Serializer,
)

from appconnect.api.base.answers import Answer, example, plain_text
from appconnect.api.base.exceptions import PlainText, Refusal
from appconnect.api.base.fields import ObjectField, RequestSerializer, TextField
from appconnect.api.base.permissions import IsRingCentralAdmin
from appconnect.api.base.views import ClientView, OpenView
from connector.manifest import read_document
from connector.registry import get_connector_class


class PlatformQuery(RequestSerializer):
    platform = TextField(help_text="Its name in the manifest, such as `sandbox`.")


class ManagedAuthState(Serializer):
    hasManagedAuth = BooleanField()
    allRequiredFieldsSatisfied = BooleanField()
    visibleFieldConsts = ListField(
        child=CharField(), allow_null=True, help_text="Null: all of the sign-in page."
    )
    missingRequiredFieldConsts = ListField(child=CharField())
    fallbackToManualAuth = BooleanField()


class ManagedAuthStateView(OpenView):
    """The client shows the whole sign-in page: every field is the person's to fill in."""

    @extend_schema(
        parameters=[PlatformQuery],
        responses={200: ManagedAuthState, **plain_text("Please provide platform.")},
    )
    def get(self, request):
        """Ask which fields of the CRM's sign-in an admin has filled in."""
        platform = PlatformQuery.read(request.query_params)["platform"]
        if not platform:
            raise PlainText("Please provide platform.")
        return Response(
            {
                "hasManagedAuth": False,
                "allRequiredFieldsSatisfied": False,
                "visibleFieldConsts": None,
                "missingRequiredFieldConsts": required_fields(platform),
                "fallbackToManualAuth": False,
            }
        )


def required_fields(platform: str) -> list[str]:
    """Return the fields that a sign-in needs. Raises `UnknownPlatform`."""
    manifest = read_document(get_connector_class(platform).manifest_path())
    auth = manifest["platforms"][platform]["auth"]
    fields = auth.get("apiKey", {}).get("page", {}).get("content", [])
    return [field["const"] for field in fields if field.get("required")]


class ManagedAuth(Serializer):
    hasManagedAuth = BooleanField()
    fields = ListField(child=DictField())
    orgFields = ListField(child=DictField())
    userFields = ListField(child=DictField())
    orgValues = DictField()
    userValues = ListField(child=DictField())


@example(scope="account", values={"apiKey": "sandbox-key-u1"})
class ManagedAuthToSave(RequestSerializer):
    scope = TextField(help_text="`account` or `user`.")
    values = ObjectField()
    rcExtensionId = TextField()


class ManagedAuthView(ClientView):
    permission_classes = [IsRingCentralAdmin]

    @extend_schema(responses=ManagedAuth)
    def get(self, request):
        """List the fields of the CRM's sign-in that an admin may fill in for others."""
        return Response(
            {
                "hasManagedAuth": False,
                **{name: [] for name in ("fields", "orgFields", "userFields")},
                "orgValues": {},
                "userValues": [],
            }
        )

    @extend_schema(request=ManagedAuthToSave, responses=Answer)
    def post(self, request):
        """Fill in fields of the CRM's sign-in for others."""
        raise Refusal(
            "Nothing was saved: on this server each person connects to the CRM with a "
            "key of their own."
        )
