"""GET /apiKeyManagedAuthState, GET and POST /admin/managedAuth: keys that an admin enters.

Each person signs in to the CRM with a key. Where the manifest says so, an admin enters it
for them, and they sign in without one. No answer has a key.
"""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    BooleanField,
    CharField,
    DictField,
    ListField,
    Serializer,
)

from appconnect.api.base.answers import example, plain_text
from appconnect.api.base.exceptions import PLAIN, PlainText
from appconnect.api.base.fields import (
    IdField,
    ObjectField,
    RequestSerializer,
    TextField,
    text_of,
)
from appconnect.api.base.fields import ListField as ListToRead
from appconnect.api.base.permissions import IsRingCentralAdmin, ringcentral_token
from appconnect.api.base.views import ClientView, OpenView
from appconnect.organizations.logging_settings.forms import MASK
from appconnect.organizations.models import ManagedKey, Organization
from appconnect.organizations.people.identity import identify
from appconnect.organizations.people.managed_key import (
    EVERYONE,
    FIELD,
    KeyChange,
    change_key,
    find_field,
    find_key,
)
from appconnect.organizations.security.audit import actor_of
from appconnect.ringcentral.errors import RingCentralError
from connector.manifest import read_document
from connector.registry import get_connector_class, get_platform

SAVED = "Shared authentication updated"


class PlatformQuery(RequestSerializer):
    platform = TextField(help_text="Its name in the manifest, such as `sandbox`.")


class ManagedAuthState(Serializer):
    hasManagedAuth = BooleanField()
    allRequiredFieldsSatisfied = BooleanField()
    visibleFieldConsts = ListField(
        child=CharField(), allow_null=True, help_text="Null: all of the sign-in page."
    )
    missingRequiredFieldConsts = ListField(child=CharField())
    fallbackToManualAuth = BooleanField(help_text="The CRM refused the admin's key.")


class ManagedAuthStateView(OpenView):
    """Which fields the client shows, by whom RingCentral's token is; without one all."""

    max_per_minute = 60
    limits_everybody = True

    @extend_schema(
        parameters=[PlatformQuery],
        auth=[{}, {"rcAccessToken": []}],
        responses={200: ManagedAuthState, **plain_text("Please provide platform.")},
    )
    def get(self, request):
        """Ask which fields of the CRM's sign-in an admin has filled in."""
        platform = PlatformQuery.read(request.query_params)["platform"]
        if not platform:
            raise PlainText("Please provide platform.")
        get_connector_class(platform)  # raises `UnknownPlatform`
        declared = get_platform(platform)
        required = [field.const for field in declared.auth_fields if field.required]
        managed = find_field(declared)
        key = key_of_person(request, platform) if managed else None
        is_known = key is not None and not key.was_refused
        missing = [const for const in required if not (is_known and const == FIELD)]
        return Response(
            {
                "hasManagedAuth": managed is not None,
                "allRequiredFieldsSatisfied": is_known and not missing,
                "visibleFieldConsts": missing if is_known else None,
                "missingRequiredFieldConsts": missing,
                "fallbackToManualAuth": key is not None and key.was_refused,
            }
        )


def key_of_person(request: Request, platform: str) -> ManagedKey | None:
    """Return the key that was entered for the person whose RingCentral token is there."""
    token = ringcentral_token(request)
    if not token:
        return None
    try:
        extension = identify(token)
    except RingCentralError:
        return None  # signing in says what is wrong
    organization = Organization.objects.filter(
        rc_account_id=extension.account_id, platform=platform
    ).first()
    return organization and find_key(organization, extension.id)


class StoredValue(Serializer):
    hasValue = BooleanField()
    value = CharField(help_text="A mask, where there is one.")


class PersonsValues(Serializer):
    rcExtensionId = CharField()
    rcUserName = CharField()
    fields = DictField(child=StoredValue())


class ManagedAuth(Serializer):
    hasManagedAuth = BooleanField()
    fields = ListField(child=DictField(), help_text="As the manifest has them.")
    orgFields = ListField(child=DictField())
    userFields = ListField(child=DictField())
    orgValues = DictField(child=StoredValue())
    userValues = ListField(child=PersonsValues())


@example(scope="user", rcExtensionId="800100102", values={"apiKey": "sandbox-key-u2"})
class ManagedAuthToSave(RequestSerializer):
    scope = TextField(help_text="`account` or `user`, as the field's `managedScope`.")
    rcExtensionId = IdField(help_text="Whose key it is, with the scope `user`.")
    values = ObjectField(
        child=CharField(), help_text="`apiKey` → the key; the mask changes nothing."
    )
    fieldsToRemove = ListToRead(child=CharField(), help_text="`apiKey`, to delete it.")


class ManagedAuthView(ClientView):
    permission_classes = [IsRingCentralAdmin]

    @extend_schema(responses=ManagedAuth)
    def get(self, request):
        """List the fields of the CRM's sign-in that an admin may fill in for others."""
        organization = request.user.organization
        field = find_field(organization.declared)
        fields = [as_declared(organization.platform)] if field else []
        is_persons = field is not None and field.managed_scope == "user"
        keys = organization.managed_keys.filter(platform=organization.platform)
        names = dict(organization.extensions.values_list("extension_id", "name"))
        return Response(
            {
                "hasManagedAuth": field is not None,
                "fields": fields,
                "orgFields": [] if is_persons else fields,
                "userFields": fields if is_persons else [],
                "orgValues": {}
                if is_persons or not field
                else {FIELD: stored_value(keys.filter(extension_id="").exists())},
                "userValues": [
                    {
                        "rcExtensionId": key.extension_id,
                        "rcUserName": names.get(key.extension_id, ""),
                        "fields": {FIELD: stored_value(True)},
                    }
                    for key in keys.exclude(extension_id="").order_by("extension_id")
                    if is_persons
                ],
            }
        )

    @extend_schema(request=ManagedAuthToSave, responses=plain_text(SAVED, status=200))
    def post(self, request):
        """Fill in a field of the CRM's sign-in for others."""
        organization = request.user.organization
        payload = ManagedAuthToSave.read(request.data)
        change = read_change(organization, payload)
        if change is not None:
            actor = actor_of(request, str(request.user))
            change_key(organization, change, actor=actor, now=timezone.now())
        return HttpResponse(SAVED, content_type=PLAIN)


def as_declared(platform: str) -> Mapping[str, Any]:
    """Return the field for the key as the manifest has it."""
    manifest = read_document(get_connector_class(platform).manifest_path())
    content = manifest["platforms"][platform]["auth"]["apiKey"]["page"]["content"]
    return next(field for field in content if field["const"] == FIELD)


def stored_value(is_stored: bool) -> dict[str, Any]:
    return {"hasValue": is_stored, "value": MASK if is_stored else ""}


def read_change(
    organization: Organization, payload: Mapping[str, Any]
) -> KeyChange | None:
    """Return what an admin changes; None where it is nothing. Raises `PlainText`."""
    field = find_field(organization.declared)
    if field is None:
        raise PlainText(
            "Nothing was saved: each person connects to this CRM with a key of their own."
        )
    if (payload["scope"] == "user") != (field.managed_scope == "user"):
        whose = "for each person" if field.managed_scope == "user" else "for everyone"
        raise PlainText(f"Nothing was saved: the key of this CRM is entered {whose}.")
    extension_id, name = "", EVERYONE
    if field.managed_scope == "user":
        extension_id = payload["rcExtensionId"]
        name = (
            organization.extensions.filter(extension_id=extension_id)
            .values_list("name", flat=True)
            .first()
        )
        if name is None:
            raise PlainText("Nothing was saved: rcExtensionId is no extension here.")
    api_key = text_of(payload["values"] or {}, FIELD)
    if FIELD in (payload["fieldsToRemove"] or []):
        return KeyChange(extension_id=extension_id, name=name, api_key="")
    if not api_key or api_key == MASK:
        return None
    return KeyChange(extension_id=extension_id, name=name, api_key=api_key)
