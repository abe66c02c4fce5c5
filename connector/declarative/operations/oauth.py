"""How people sign in, as a document's `auth` says."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar

from connector.declarative.documents.document import Document
from connector.declarative.documents.hosts import check_host
from connector.declarative.expressions.context import (
    Context,
    basic_auth,
    credentials_context,
)
from connector.declarative.expressions.path import TemplateError, text_of
from connector.declarative.expressions.template import (
    evaluate,
    is_template,
    render_url,
)
from connector.http.oauth import OAuthConnector
from connector.types import AuthType, OAuthInfo


class DocumentSignIn(OAuthConnector):
    """Signs in by OAuth or with an API key, as its document says."""

    document: ClassVar[Document]

    def get_auth_type(self) -> AuthType:
        return AuthType.OAUTH if self.document.is_oauth else AuthType.API_KEY

    def get_basic_auth(self, api_key: str) -> str:
        if self.document.is_oauth:
            return super().get_basic_auth(api_key)
        return basic_auth(api_key)

    def get_oauth_info(self) -> OAuthInfo:
        if not self.document.is_oauth:
            return super().get_oauth_info()
        auth = self.document.auth
        return OAuthInfo(
            client_id=auth.get("clientId") or self.credentials.client_id,
            client_secret=auth.get("clientSecret") or self.credentials.client_secret,
            authorization_uri=self._address(auth.get("authorizationUrl", "")),
            access_token_uri=self._address(auth.get("tokenUrl", "")),
            redirect_uri=auth.get("redirectUri", ""),
            scopes=tuple(auth.get("scopes", ())),
            scope_separator=auth.get("scopeSeparator", " "),
        )

    def _address(self, template: str) -> str:
        """Return an address of the sign-in, of an allowed host where it is a template's."""
        if not is_template(template):
            return template
        address = render_url(template, self.context({}))
        check_host(address, self.document.platform, self.credentials.hostname)
        return address

    def read_token_members(self, reply: Mapping[str, Any]) -> dict[str, str]:
        scope, members = {**self.context({}), "body": reply}, {}
        for name, path in self.document.auth.get("tokenMembers", {}).items():
            with suppress(TemplateError):  # the tokens are worth more than this
                members[name] = text_of(evaluate(path, scope))
        return {name: value for name, value in members.items() if value}

    def context(self, inputs: Context) -> Context:
        """Return what the templates of an operation with these inputs see."""
        secret = self.document.raw.get("secretKey", "")
        context = credentials_context(
            self.credentials, platform=self.platform, secret_key=secret
        )
        return {**context, "steps": {}, **inputs}
