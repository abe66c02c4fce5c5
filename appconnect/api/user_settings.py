"""GET and POST /user/settings."""

from rest_framework.exceptions import ParseError
from rest_framework.response import Response

from appconnect.api.exceptions import PlainText
from appconnect.api.permissions import HasCrmSession
from appconnect.api.views import ClientView, body_member
from appconnect.organizations.person_settings import (
    person_settings,
    update_person_settings,
)


class UserSettingsView(ClientView):
    """The person is the one of the userJwt, whatever hash a client adds."""

    permission_classes = []

    def get(self, request):
        HasCrmSession().has_permission(request, self)
        return Response(person_settings(request.user))

    def post(self, request):
        if request.auth is None and request.query_params.get("jwtToken"):
            raise PlainText("Unknown platform")
        HasCrmSession().has_permission(request, self)
        posted = body_member(request, "userSettings", dict)
        if posted is None:
            raise ParseError("userSettings is missing.")
        to_remove = body_member(request, "settingKeysToRemove", list) or []
        settings = update_person_settings(request.user, posted, to_remove)
        return Response({"userSettings": settings})
