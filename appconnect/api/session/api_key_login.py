"""POST /apiKeyLogin: a person signs in to the CRM and gets a userJwt."""

from functools import partial

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema

from appconnect.api.base.answers import Error, SignedIn, example, plain_text
from appconnect.api.base.exceptions import PlainText
from appconnect.api.base.fields import RequestSerializer, StrictTextField
from appconnect.api.base.permissions import ringcentral_token, store_admin_proof
from appconnect.api.session.sign_in import (
    PROOF_MISSING,
    NotSignedIn,
    SignInView,
    sign_in,
    signed_in,
)
from appconnect.calls.client.bulkhead import bulkhead
from appconnect.organizations.people.create_organization import who_is
from appconnect.organizations.people.managed_key import connect_with_key


class AdditionalInfo(RequestSerializer):
    apiKey = StrictTextField()


@example(platform="sandbox", apiKey="sandbox-key-u1")
class ApiKeyLogin(RequestSerializer):
    platform = StrictTextField()
    apiKey = StrictTextField()
    additionalInfo = AdditionalInfo(required=False)
    rcAccessToken = StrictTextField()


class ApiKeyLoginView(SignInView):
    """The organization is the one of the RingCentral account that the request proves."""

    authentication_classes = []
    permission_classes = []
    max_per_minute = 30

    @extend_schema(
        auth=[{"rcAccessToken": []}],
        request=ApiKeyLogin,
        responses={
            200: SignedIn,
            400: PolymorphicProxySerializer("SignedInOrError", [SignedIn, Error], None),
            **plain_text("Missing platform name"),
        },
    )
    @bulkhead()
    def post(self, request):
        """Sign in to the CRM with an API key: one's own, or that an admin has entered."""
        payload = ApiKeyLogin.read(request.data)
        if not payload["platform"]:
            raise PlainText("Missing platform name")
        api_key = payload["apiKey"] or payload["additionalInfo"]["apiKey"]
        token = ringcentral_token(request)
        if not token:
            raise NotSignedIn(PROOF_MISSING)
        extension = who_is(token)
        session = sign_in(
            request,
            account_id=extension.account_id,
            platform=payload["platform"],
            extension_id=extension.id,
            name=extension.name,
            connect=partial(connect_with_key, typed=api_key),
        )
        store_admin_proof(session, extension)
        return signed_in(session, connected_to=payload["platform"])
