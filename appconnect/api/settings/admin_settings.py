"""GET and POST /admin/settings."""

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework.response import Response
from rest_framework.serializers import CharField, DateTimeField, DictField, Serializer

from appconnect.api.base.answers import example, plain_text
from appconnect.api.base.exceptions import PLAIN
from appconnect.api.base.fields import ListField, ObjectField, RequestSerializer
from appconnect.api.base.permissions import (
    NO_ADMIN,
    IsAdminsClient,
    prove_account_admin,
)
from appconnect.api.base.views import ClientView
from appconnect.organizations.client.client_settings import (
    account_settings,
    update_account_settings,
)
from appconnect.organizations.security.audit import actor_of
from appconnect.worker import queue


class MappedUser(Serializer):
    crmUserId = CharField(required=False)
    rcExtensionId = ListField(
        child=CharField(), help_text="An old client sends one id, as a text."
    )


class AdminSettings(Serializer):
    id = CharField(
        required=False, help_text="The account's hash, as `/userInfoHash` gives it."
    )
    userSettings = ObjectField(
        child=DictField(),
        help_text="One entry per setting, with `value`, `customizable`, `isRemoved` "
        "and `defaultValue`; and `serverSideLogging`, with `enable`, `loggingLevel` "
        "and `doNotLogNumbers`.",
    )
    userMappings = MappedUser(many=True, required=False)
    customAdapter = ObjectField(allow_null=True)
    customConnector = ObjectField(allow_null=True)
    createdAt = DateTimeField(required=False, allow_null=True)
    updatedAt = DateTimeField(required=False, allow_null=True)
    asServed = ObjectField(
        help_text="The settings as they were shown: sent back, they tell the changes."
    )


@extend_schema_field(AdminSettings)
class AdminSettingsField(ObjectField):
    """`update_account_settings` reads them: each version sends other members."""


@example(
    adminSettings={
        "userSettings": {
            "addCallLogNote": {"value": True, "customizable": True},
            "serverSideLogging": {"enable": True, "loggingLevel": "Account"},
        },
        "userMappings": [{"crmUserId": "u2", "rcExtensionId": ["800100102"]}],
    }
)
class AdminSettingsToSave(RequestSerializer):
    adminSettings = AdminSettingsField(required=True)


class AdminSettingsView(ClientView):
    """An admin's client sends them back as a whole."""

    max_body_bytes = 50 * 1024 * 1024
    """App Connect's own limit: the mapping of a whole company fits."""
    max_per_minute = 30

    def get_permissions(self):
        return [IsAdminsClient()] if self.request.method == "GET" else []

    @extend_schema(responses=AdminSettings)
    def get(self, request):
        """Read the account's settings."""
        return Response(account_settings(request.user.organization))

    @extend_schema(
        auth=[{"rcAccessToken": []}],
        request=AdminSettingsToSave,
        responses=plain_text("Admin settings updated", status=200)
        | plain_text(NO_ADMIN, status=403),
    )
    def post(self, request):
        """Save the account's settings."""
        organization, name = prove_account_admin(request)
        update_account_settings(
            organization,
            AdminSettingsToSave.read(request.data)["adminSettings"],
            actor=actor_of(request, name),
            now=timezone.now(),
        )
        queue.configuration_changed(organization)
        return HttpResponse("Admin settings updated", content_type=PLAIN)
