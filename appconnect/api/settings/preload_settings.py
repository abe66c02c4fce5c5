"""GET /user/preloadSettings."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.serializers import DictField, Serializer

from appconnect.api.base.answers import plain_text
from appconnect.api.base.exceptions import PlainText
from appconnect.api.base.fields import RequestSerializer, TextField
from appconnect.api.base.permissions import ringcentral_token
from appconnect.api.base.views import OpenView
from appconnect.organizations.client.client_hash import client_hash
from appconnect.organizations.client.client_settings import (
    public_settings,
    shared_settings,
)
from appconnect.organizations.models import Organization
from appconnect.organizations.people.identity import identify


class AccountQuery(RequestSerializer):
    rcAccountId = TextField(help_text="The account's hash.")


class SharedSettings(Serializer):
    userSettings = DictField(required=False)


class PreloadSettingsView(OpenView):
    """A client needs them before its person has signed in to the CRM.

    A RingCentral token proves the account. The account's hash proves nothing, as
    everybody can have one made: with it alone only switches are shown.
    """

    max_per_minute = 60

    @extend_schema(
        parameters=[AccountQuery],
        auth=[{}, {"rcAccessToken": []}],
        responses={200: SharedSettings, **plain_text("Cannot find rc user login")},
    )
    def get(self, request):
        """Read the account's settings before a sign-in."""
        hashed = AccountQuery.read(request.query_params)["rcAccountId"]
        if token := ringcentral_token(request):
            account_id = identify(token).account_id
            found = Organization.objects.filter(rc_account_id=account_id).first()
            return answer(shared_settings(found) if found else None)
        if not hashed:
            raise PlainText("Cannot find rc user login")
        account_ids = Organization.objects.values_list("rc_account_id", flat=True)
        of_hash = (one for one in account_ids if client_hash(one) == hashed)
        found = Organization.objects.filter(rc_account_id=next(of_hash, "")).first()
        return answer(public_settings(found) if found else None)


def answer(settings: dict | None) -> Response:
    return Response({} if settings is None else {"userSettings": settings})
