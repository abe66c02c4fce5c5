"""Interop codes: how a client hands its person's sign-in at RingCentral to a server."""

from django.conf import settings
from django.utils.module_loading import import_string

from appconnect.organizations.connections.ringcentral_connection import ringcentral_app
from appconnect.organizations.people.create_organization import redirect_uri, who_is
from appconnect.ringcentral import oauth
from appconnect.ringcentral.bulkhead import ringcentral_bulkhead
from appconnect.ringcentral.extensions import ExtensionInfo


@ringcentral_bulkhead()
def exchange(code: str) -> ExtensionInfo:
    """Return the extension of an interop code, by the function in `INTEROP_CODE_EXCHANGE`.

    It takes a code and returns an `ExtensionInfo` with `account_id` and `is_admin`.
    Raises a `RingCentralError`.
    """
    return import_string(settings.INTEROP_CODE_EXCHANGE)(code)


def redeem(code: str) -> ExtensionInfo:
    """Redeem a code at RingCentral that was issued for this program's client id."""
    app = ringcentral_app()
    tokens = oauth.redeem_code(app, code=code, redirect_uri=redirect_uri())
    try:
        return who_is(tokens.access_token)
    finally:
        # RingCentral keeps five sign-ins of a person; one more would end another.
        oauth.revoke(app, tokens.access_token)
