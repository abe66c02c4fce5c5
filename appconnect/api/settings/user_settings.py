"""GET and POST /user/settings."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.serializers import CharField, DictField, Serializer

from appconnect.api.base.answers import example, plain_text
from appconnect.api.base.authentication import has_bad_query_token
from appconnect.api.base.exceptions import AUTHORIZE, PlainText
from appconnect.api.base.fields import ListField, ObjectField, RequestSerializer
from appconnect.api.base.permissions import HasCrmSession
from appconnect.api.base.views import ClientView
from appconnect.organizations.client.person_settings import (
    person_settings,
    update_person_settings,
)


@example(userSettings={"addCallLogNote": {"value": False}})
class UserSettingsToSave(RequestSerializer):
    userSettings = ObjectField(child=DictField(), required=True)
    settingKeysToRemove = ListField(child=CharField())


class UserSettings(Serializer):
    userSettings = DictField(child=DictField())


class UserSettingsView(ClientView):
    """The person is the one of the userJwt, whatever hash a client adds."""

    permission_classes = []

    @extend_schema(
        responses={
            200: dict[str, dict],
            **plain_text(AUTHORIZE, "User not found"),
        }
    )
    def get(self, request):
        """Read the person's settings."""
        HasCrmSession().has_permission(request, self)
        return Response(person_settings(request.user))

    @extend_schema(
        request=UserSettingsToSave,
        responses={
            200: UserSettings,
            **plain_text("Unknown platform", AUTHORIZE, "User not found"),
        },
    )
    def post(self, request):
        """Save the person's settings."""
        if has_bad_query_token(request):
            raise PlainText("Unknown platform")
        HasCrmSession().has_permission(request, self)
        payload = UserSettingsToSave.read(request.data)
        settings = update_person_settings(
            request.user, payload["userSettings"], payload["settingKeysToRemove"] or []
        )
        return Response({"userSettings": settings})
