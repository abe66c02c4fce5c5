"""GET /licenseStatus."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from appconnect.api.base.authentication import has_bad_query_token
from appconnect.api.base.exceptions import INVALID_JWT, PlainText
from appconnect.api.base.views import ClientView
from appconnect.api.docs.schema import FLAG, HTML, TEXT, said, shape
from appconnect.calls.client.bulkhead import bulkhead
from appconnect.organizations.connections.connectors import (
    get_settings,
    open_connector,
    session_credentials,
)
from appconnect.organizations.models import CrmSession
from connector.errors import ConnectorError
from connector.types import LicenseStatus

LICENSE = shape(
    {
        "isLicenseValid": FLAG,
        "licenseStatus": TEXT,
        "licenseStatusDescription": TEXT,
    },
    needs="isLicenseValid licenseStatus licenseStatusDescription",
)


class LicenseStatusView(ClientView):
    """Answers 200, as App Connect does, and the body says what is wrong.

    But for a bad token in the query of an old client.
    """

    permission_classes = []

    @extend_schema(
        summary="Ask for the person's license in the CRM",
        responses={200: LICENSE, (400, HTML): said(INVALID_JWT)},
    )
    def get(self, request):
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


def invalid(why: str) -> LicenseStatus:
    return LicenseStatus(is_license_valid=False, license_status=f"Invalid ({why})")
