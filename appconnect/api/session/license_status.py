"""GET /licenseStatus."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.serializers import BooleanField, CharField, Serializer

from appconnect.api.base.answers import plain_text
from appconnect.api.base.authentication import has_bad_query_token
from appconnect.api.base.exceptions import INVALID_JWT, PlainText
from appconnect.api.base.views import ClientView
from appconnect.calls.client.bulkhead import bulkhead
from appconnect.organizations.connections.connectors import (
    get_settings,
    open_connector,
    session_credentials,
)
from appconnect.organizations.models import CrmSession
from connector.errors import ConnectorError
from connector.types import LicenseStatus


class License(Serializer):
    isLicenseValid = BooleanField()
    licenseStatus = CharField()
    licenseStatusDescription = CharField()


class LicenseStatusView(ClientView):
    """Answers 200 and puts the fault in the body, as App Connect does.

    Only a bad token in the query of an old client is 400.
    """

    permission_classes = []

    @extend_schema(responses={200: License, **plain_text(INVALID_JWT)})
    def get(self, request):
        """Ask for the person's license in the CRM."""
        if has_bad_query_token(request):
            raise PlainText(INVALID_JWT)
        if request.auth is None:
            status = invalid("Invalid user session")
        elif request.user is None:
            status = invalid("User not found")
        else:
            status = ask_crm(request.user)
        return Response(
            {
                "isLicenseValid": status.is_license_valid,
                "licenseStatus": status.license_status,
                "licenseStatusDescription": status.license_status_description,
            }
        )


def ask_crm(session: CrmSession) -> LicenseStatus:
    organization = session.organization
    if session.platform != organization.platform:  # another CRM was chosen since
        return invalid("Connect to get license status")
    credentials = session_credentials(session, get_settings(organization))
    try:
        with bulkhead(), open_connector(organization, credentials) as connector:
            return connector.get_license_status(session.crm_user_id)
    except ConnectorError:
        return invalid("Connect to get license status")


def invalid(reason: str) -> LicenseStatus:
    return LicenseStatus(is_license_valid=False, license_status=f"Invalid ({reason})")
