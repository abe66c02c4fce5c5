"""POST /user/refreshInfo."""

from rest_framework.response import Response

from appconnect.api.views import ClientView


class RefreshInfoView(ClientView):
    """No connector keeps anything about a person that would have to be read anew."""

    def post(self, request):
        return Response({"successful": True})
