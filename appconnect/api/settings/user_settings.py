"""GET and POST /user/settings."""

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.response import Response

from appconnect.api.base.authentication import has_bad_query_token
from appconnect.api.base.exceptions import AUTHORIZE, PlainText
from appconnect.api.base.permissions import HasCrmSession
from appconnect.api.base.views import ClientView, body_member
from appconnect.api.docs.schema import ANYTHING, HTML, JSON, TEXT, list_of, said, shape
from appconnect.organizations.client.person_settings import (
    person_settings,
    update_person_settings,
)

SETTINGS = {"type": "object", "additionalProperties": ANYTHING}
TO_SAVE = shape(
    {"userSettings": SETTINGS, "settingKeysToRemove": list_of(TEXT)},
    needs="userSettings",
    example={"userSettings": {"addCallLogNote": {"value": False}}},
)


class UserSettingsView(ClientView):
    """The person is the one of the userJwt, whatever hash a client adds."""

    permission_classes = []

    @extend_schema(
        summary="Read the person's settings",
        responses={200: SETTINGS, (400, HTML): said(AUTHORIZE, "User not found")},
    )
    def get(self, request):
        HasCrmSession().has_permission(request, self)
        return Response(person_settings(request.user))

    @extend_schema(
        summary="Save the person's settings",
        request={JSON: TO_SAVE},
        responses={
            200: shape({"userSettings": SETTINGS}, needs="userSettings"),
            (400, HTML): said("Unknown platform", AUTHORIZE, "User not found"),
        },
    )
    def post(self, request):
        if has_bad_query_token(request):
            raise PlainText("Unknown platform")
        HasCrmSession().has_permission(request, self)
        posted = body_member(request, "userSettings", dict)
        if posted is None:
            raise ParseError("userSettings is missing.")
        to_remove = body_member(request, "settingKeysToRemove", list) or []
        settings = update_person_settings(request.user, posted, to_remove)
        return Response({"userSettings": settings})
