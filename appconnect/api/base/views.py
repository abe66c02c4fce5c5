"""What the endpoints of App Connect's client have in common."""

from django.utils import timezone
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.views import APIView

from appconnect.api.base.answers import Answer, Error
from appconnect.api.base.authentication import REFRESHED_HEADER, refreshed_user_jwt
from appconnect.api.base.body import MAX_BODY_BYTES, BodyParser, check_length
from appconnect.api.base.crm_requests import (
    MAX_PER_MINUTE,
    MAX_PER_MINUTE_OF_ADMIN,
    MAX_PER_REQUEST,
    CrmRequests,
)
from appconnect.api.base.exceptions import Refusal
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.models import CrmSession
from appconnect.organizations.security.audit import actor_of
from appconnect.organizations.security.sign_in_defense import take_request
from connector.http.exchange import counted_by


class AlwaysJson(DefaultContentNegotiation):
    """Answers JSON whatever a client accepts, as App Connect does."""

    def select_renderer(self, request, renderers, format_suffix=None):
        return renderers[0], renderers[0].media_type


class ClientView(APIView):
    """An endpoint that App Connect's client calls."""

    tag = "App Connect's client"
    error = Error
    """The shape in which `get_exception_handler` puts an error."""
    refusal = Answer
    """The shape in which it puts a `Refusal`."""
    content_negotiation_class = AlwaysJson
    parser_classes = [BodyParser]
    max_body_bytes = MAX_BODY_BYTES
    max_per_minute: int | None = None
    """How many requests without a valid token one address may make."""
    limits_everybody = False
    """Whether that holds with a valid token too."""
    max_crm_requests = MAX_PER_REQUEST
    max_crm_requests_per_minute = MAX_PER_MINUTE
    """Of one person."""
    max_crm_requests_per_minute_of_admin = MAX_PER_MINUTE_OF_ADMIN

    def dispatch(self, request, *args, **kwargs):
        self.crm_requests = CrmRequests(
            max_per_request=self.max_crm_requests,
            max_per_minute=self.max_crm_requests_per_minute,
        )
        with counted_by(self.crm_requests.count):
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request, *args, **kwargs):
        if self.max_per_minute is not None and not self.has_room(request):
            details = "Wait a minute, then try again."
            raise Refusal("Rate limit exceeded", details=details, status=429)
        check_length(request, limit=self.max_body_bytes)
        if "%00" in request.META.get("QUERY_STRING", ""):
            raise ParseError("The query has a NUL.")  # which no database stores
        super().initial(request, *args, **kwargs)
        if request.auth and request.user is not None:
            self.crm_requests.person = str(request.user.pk)
            if is_admin_of_settings(request.user):
                self.crm_requests.max_per_minute = (
                    self.max_crm_requests_per_minute_of_admin
                )

    def has_room(self, request) -> bool:
        """Count the request to its address where `max_per_minute` holds for it."""
        is_known = request.auth and request.user is not None
        if is_known and not self.limits_everybody:
            return True
        return take_request(
            request.path,
            actor_of(request, "").address,
            max_per_minute=self.max_per_minute,
            now=timezone.now(),
        )

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        # Not `request.user`: after a failed authentication it would authenticate anew.
        session = getattr(request, "_user", None)
        claims = getattr(request, "_auth", None)
        if claims and session and (token := refreshed_user_jwt(session, claims)):
            response[REFRESHED_HEADER] = token
        return response


def is_admin_of_settings(session: CrmSession) -> bool:
    """Return whether the session is that of the admin who saved the logging settings.

    Not of one whom the organization's team has made something less since.
    """
    admin = get_settings(session.organization).admin_extension_id
    return bool(admin) and admin == session.extension_id and not session.is_shut_out


class OpenView(ClientView):
    """An endpoint that needs no token."""

    authentication_classes = []
    permission_classes = []
