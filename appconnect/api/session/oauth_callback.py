"""GET /oauth-callback: a person comes back from the CRM's sign-in page, in the client."""

from functools import partial
from urllib.parse import parse_qs, urlsplit

from drf_spectacular.utils import extend_schema

from appconnect.api.base.answers import SignedIn, plain_text
from appconnect.api.base.exceptions import PlainText
from appconnect.api.base.fields import RequestSerializer, TextField
from appconnect.api.base.permissions import ringcentral_token, store_admin_proof
from appconnect.api.session.sign_in import (
    PROOF_MISSING,
    NotSignedIn,
    SignInView,
    sign_in,
    signed_in,
)
from appconnect.calls.client.bulkhead import bulkhead
from appconnect.organizations.connections.crm_session import connect_by_oauth
from appconnect.organizations.people.create_organization import who_is
from appconnect.ringcentral.errors import RingCentralError

MAX_CHARACTERS = 4096


class CallbackQuery(RequestSerializer):
    callbackUri = TextField(
        help_text="Where the CRM sent the person; the platform is in its `state`, as in "
        "`https://example.com/redirect?code=1&state=platform%3Dsandbox`."
    )
    code = TextField(help_text="The CRM's code, where `callbackUri` has none.")


class OAuthCallbackView(SignInView):
    """RingCentral's token, or a userJwt, proves the account and the extension.

    What the query says of them counts for nothing. A refusal is HTTP 200 without a token.
    """

    permission_classes = []
    max_per_minute = 30
    refusal_status = 200

    @extend_schema(
        parameters=[CallbackQuery],
        auth=[{"userJwt": []}, {"rcAccessToken": []}],
        responses={
            200: SignedIn,
            **plain_text("Missing callbackUri", "Missing platform name"),
        },
    )
    @bulkhead()
    def get(self, request):
        """Come back from the CRM's sign-in page."""
        query = CallbackQuery.read(request.query_params)
        callback_uri = query["callbackUri"]
        if not callback_uri:
            raise PlainText("Missing callbackUri")
        platform, code = parse_callback(callback_uri)
        if not platform:
            raise PlainText("Missing platform name")
        code = code or query["code"]
        if not code or len(callback_uri) + len(code) > MAX_CHARACTERS:
            raise NotSignedIn("The CRM did not sign you in.")
        token, extension = ringcentral_token(request), None
        if token:
            try:
                extension = who_is(token)
            except RingCentralError as error:
                raise NotSignedIn(str(error)) from error
            account_id, extension_id = extension.account_id, extension.id
            name = extension.name
        elif request.user is not None and request.auth:
            account_id = request.user.organization.rc_account_id
            extension_id, name = request.user.extension_id, str(request.user)
        else:
            raise NotSignedIn(PROOF_MISSING)
        session = sign_in(
            request,
            account_id=account_id,
            platform=platform,
            extension_id=extension_id,
            name=name,
            connect=partial(
                connect_by_oauth,
                code=code,
                redirect_uri=callback_uri.partition("?")[0].partition("#")[0],
            ),
        )
        if extension is not None:
            store_admin_proof(session, extension)
        display_name = session.organization.declared.display_name
        return signed_in(session, connected_to=display_name)


def parse_callback(callback_uri: str) -> tuple[str, str]:
    """Return the platform and the code in the address to which the CRM redirected the person.

    The platform is in the `state` that the client sent along, or anywhere.
    """
    try:
        query = parse_qs(urlsplit(callback_uri).query)
    except ValueError:
        return "", ""
    state = query.get("state", [""])[0]
    platform = parse_qs(state).get("platform", [""])[0]
    platform = platform or callback_uri.partition("platform=")[2].partition("&")[0]
    return platform, query.get("code", [""])[0]
