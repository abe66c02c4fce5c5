"""Pipedrive's API: its hosts, its sign-in, its pages and its limits."""

from __future__ import annotations

from collections.abc import Iterator

import requests

from connector.crms.members import JsonObject, get_member, get_text
from connector.errors import ConnectorError, RateLimited, TemporaryError
from connector.http import origin_of
from connector.http.oauth import OAuthConnector
from connector.http.retry_after import MAX_RETRY_AFTER_SECONDS
from connector.types import OAuthInfo

PAGE_SIZE = 100
"""500 activities are allowed, but their notes could exceed the size limit of a reply."""
MAX_PAGES = 100


class PipedriveApi(OAuthConnector):
    """What all requests to Pipedrive have in common."""

    token_members = ("api_domain",)

    @property
    def base_url(self) -> str:
        return self.signed_in.get("api_domain") or self.host_url

    @property
    def host_url(self) -> str:
        return self._origin("api.pipedrive.com")

    def _origin(self, vendor: str) -> str:
        return origin_of(vendor, hostname=self.credentials.hostname)

    def get_oauth_info(self) -> OAuthInfo:
        sign_in = f"{self._origin('oauth.pipedrive.com')}/oauth"
        return OAuthInfo(
            client_id=self.credentials.client_id,
            client_secret=self.credentials.client_secret,
            authorization_uri=f"{sign_in}/authorize",
            access_token_uri=f"{sign_in}/token",
        )

    def read_pages(self, path: str, *where: str, **params: str) -> Iterator[JsonObject]:
        """Yield the objects of the list at `where` in the reply, over all pages.

        Raises `TemporaryError` where there are too many pages.
        """
        for _ in range(MAX_PAGES):
            reply = self.request("GET", path, params={**params, "limit": PAGE_SIZE})
            for item in get_member(reply, *where, kind=list):
                if isinstance(item, dict):
                    yield item
            more = reply.get("additional_data")
            cursor = get_text(more, "next_cursor") if isinstance(more, dict) else ""
            if not cursor:
                return
            params["cursor"] = cursor
        raise TemporaryError("Pipedrive has more pages than are read.")

    def error_from(
        self, response: requests.Response, *, creates: bool
    ) -> ConnectorError | None:
        error = super().error_from(response, creates=creates)
        reset = response.headers.get("x-ratelimit-reset", "")
        if isinstance(error, RateLimited) and reset.isdecimal():
            seconds = min(int(reset[:9]), MAX_RETRY_AFTER_SECONDS)
            error.retry_after = error.retry_after or seconds
        return error
