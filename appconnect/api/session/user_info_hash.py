"""GET /userInfoHash."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from appconnect.api.base.fields import RequestSerializer, TextField
from appconnect.api.base.views import OpenView
from appconnect.organizations.client.client_hash import client_hash


class UserInfo(RequestSerializer):
    extensionId = TextField(default="undefined", help_text="At RingCentral.")
    accountId = TextField(default="undefined", help_text="At RingCentral.")


class UserInfoHashView(OpenView):
    """Gives a client the hashes of its own ids, before it has signed in anywhere."""

    max_per_minute = 60

    @extend_schema(parameters=[UserInfo], responses=UserInfo)
    def get(self, request):
        """Hash a client's own ids."""
        ids = UserInfo.read(request.query_params)
        return Response({name: client_hash(value) for name, value in ids.items()})
