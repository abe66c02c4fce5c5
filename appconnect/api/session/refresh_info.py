"""POST /user/refreshInfo."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from appconnect.api.base.views import ClientView
from appconnect.api.docs.schema import FLAG, shape


class RefreshInfoView(ClientView):
    """No connector keeps anything about a person that would have to be read anew."""

    @extend_schema(
        summary="Read a person's information anew",
        request=None,
        responses={200: shape({"successful": FLAG}, needs="successful")},
    )
    def post(self, request):
        return Response({"successful": True})
