"""The base class of connectors that speak HTTP: a CRM's class is paths and field names."""

from __future__ import annotations

import re
import socket
from abc import abstractmethod
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

import requests
from requests_hardened.ip_filter import InvalidIPAddress
from urllib3.exceptions import MaxRetryError, NewConnectionError

from connector.base import Connector
from connector.errors import (
    AlreadyExists,
    ConnectorError,
    CredentialsRejected,
    PermanentError,
    RateLimited,
    TemporaryError,
    UnknownOutcome,
    clean_reason,
)
from connector.http.exchange import (
    FAULTS,
    ReplyTooLong,
    count_request,
    open_response,
)
from connector.http.reach import is_untrusted, speaks_no_tls, why_unreachable
from connector.http.reason import hide, reason_in, texts_in
from connector.http.retry_after import retry_after_from
from connector.types import SignedIn

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reply:
    """A CRM's reply; `json` is None where the body is empty or was not read."""

    status: int
    headers: Mapping[str, str]
    json: Any = None


Judge = Callable[[Reply, ConnectorError | None], ConnectorError | None]
"""Returns the error of a reply, given the error of its status code; None for success."""


class HttpConnector(Connector):
    """A connector whose CRM answers JSON over HTTP."""

    @property
    @abstractmethod
    def base_url(self) -> str:
        """Where paths begin, without a trailing slash."""

    @property
    def host_url(self) -> str:
        """What `reach_host` asks: it must not need a sign-in."""
        return self.base_url

    def reach_host(self) -> None:
        count_request()
        try:
            with open_response(self.session, "GET", self.host_url):
                return
        except FAULTS as fault:
            raise TemporaryError(why_unreachable(fault)) from fault

    def sign_in(self, last: SignedIn) -> SignedIn:
        """Sign in, and return what `auth_headers` and `base_url` need from then on.

        The result is stored for all workers until the CRM answers 401. `last` is the
        result before, perhaps with a refresh token; empty the first time. The requests
        of a sign-in pass `headers`. A CRM that takes the credentials with each request
        needs no sign-in.
        """
        return {}

    _signed_in: SignedIn = MappingProxyType({})
    _is_fresh = False

    @property
    def signed_in(self) -> SignedIn:
        """The result of the last `sign_in`, of any worker."""
        if not self._signed_in:
            self._signed_in = self.sign_in_keeper.get()
        if not self._signed_in:
            self._sign_in_anew()
        return self._signed_in

    def _sign_in_anew(self) -> None:
        self._signed_in = self.sign_in_keeper.renew(self._signed_in, self.sign_in)
        self._is_fresh = True

    def auth_headers(self) -> Mapping[str, str]:
        """Return the headers that authenticate a request."""
        return {}

    def request(self, method: str, path: str, **options: Any) -> Any:
        """Send one request, as `send` does, and return the reply's JSON."""
        return self.send(method, path, **options).json

    def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Reply:
        """Send one request and return the reply.

        `path` may be a whole URL. `headers` replace `auth_headers`. The options are
        `params`, `json`, `data` (a form), `max_bytes` of the reply, and:

        `creates`: the request must not be repeated blindly. A failure that leaves the
        outcome open then raises `UnknownOutcome` instead of `TemporaryError`.

        `expects`: a status, or several, that are no error here, besides 2xx; the body is
        not read.

        `judge`: for a CRM that reports failures in the body, which is then read for every
        status; it is None where the status is an error and the body not JSON.

        A request that is answered 401 with a stored sign-in is sent once more after a new
        `sign_in`.
        """
        send = partial(self._send_once, method, path, **options)
        if headers is not None:
            return send(headers=headers)
        # The headers may need a request of their own.
        return self.while_signed_in(lambda: send(headers=self.auth_headers()))

    def while_signed_in(self, attempt: Callable[[], T]) -> T:
        """Return what `attempt` returns; repeat it once if the stored sign-in is refused."""
        try:
            result = attempt()
        except CredentialsRejected:
            if not self._signed_in or self._is_fresh:
                raise
            self._sign_in_anew()
            result = attempt()
        self._is_fresh = (
            False  # it was accepted, so a later 401 means that it has ended
        )
        return result

    def _send_once(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        creates: bool = False,
        expects: int | Container[int] = (),
        judge: Judge | None = None,
        **options: Any,
    ) -> Reply:
        count_request()
        expected = (expects,) if isinstance(expects, int) else expects
        try:
            url = path if "://" in path else self.base_url + path
            with open_response(
                self.session,
                method,
                url,
                headers=headers,
                is_repeatable=False if creates else None,
                **options,
            ) as opened:
                response = opened.response
                reply = Reply(response.status_code, response.headers)
                if reply.status in expected:
                    return reply
                error = self.error_from(response, creates=creates)
                if error is None:
                    reply = replace(reply, json=opened.read_json())
                elif judge or reply.status >= 400:
                    with suppress(*FAULTS):
                        reply = replace(reply, json=opened.read_json())
                if judge:
                    error = judge(reply, error)
                if error is None:
                    return reply
        except FAULTS as fault:
            raise self._error_from_fault(fault, creates=creates) from fault
        reason = error.reason or reason_in(reply.json)
        tokens = (value.rpartition(" ")[2] for value in headers.values())
        error.reason = self.cleaned(reason, *tokens, *texts_in(options))
        raise error

    def cleaned(self, reason: str, *texts: str) -> str:
        """Return what the CRM says, cleaned, and without secrets and these `texts`."""
        secrets = [*self._secrets(), *texts]
        return hide(clean_reason(hide(reason, secrets)), secrets)

    def _secrets(self) -> Iterator[str]:
        """Yield what a reason may not repeat: the credentials and the sign-in."""
        yield from (self.credentials.access_token, self.credentials.client_secret)
        yield from self._signed_in.values()
        declared = self.declared and self.declared.server_side_logging
        fields = declared.additional_fields if declared else ()
        public = {field.const for field in fields if not field.is_secret}
        for const, value in self.credentials.server_logging_settings.items():
            if const not in public:
                yield value

    def error_from(
        self, response: requests.Response, *, creates: bool
    ) -> ConnectorError | None:
        """Return the error of a status code, or None for success.

        A CRM that gives a code another meaning overrides this.
        """
        status = response.status_code
        message = f"{self.display_name} answered HTTP {status}"
        if 200 <= status < 300:
            return None
        if status == 401:
            return CredentialsRejected(f"{message}: the credentials were refused.")
        if status == 403:  # of this one request: no reason to stop the others
            return PermanentError(f"{message}: the credentials do not allow this.")
        if status == 429:
            return RateLimited(
                f"{message}: too many requests.", retry_after=retry_after_from(response)
            )
        if status == 409 and creates:
            return AlreadyExists(f"{message}: the record may already be there.")
        if status in (408, 425) or status >= 500:
            if creates:
                return UnknownOutcome(f"{message}; the record may or may not be there.")
            return TemporaryError(f"{message}.", retry_after=retry_after_from(response))
        if 300 <= status < 400:
            redirected = f"{message}: a redirect, which is not followed."
            return UnknownOutcome(redirected) if creates else PermanentError(redirected)
        return PermanentError(f"{message}: the request was refused.")

    def _error_from_fault(self, fault: Exception, *, creates: bool) -> ConnectorError:
        if isinstance(fault, requests.exceptions.InvalidURL | InvalidIPAddress):
            return PermanentError(f"The address of {self.display_name} is not allowed.")
        if isinstance(fault, ReplyTooLong) and not creates:
            size = fault.max_bytes // 2**20
            return PermanentError(  # the next one would be as long
                f"{self.display_name} sent more than {size} MB in one reply, which is not "
                "read. A list this long has to be read in pages."
            )
        what = f"{self.display_name} gave no usable answer ({type(fault).__name__})"
        if creates and not was_never_sent(fault):
            return UnknownOutcome(f"{what}; the record may or may not be there.")
        return TemporaryError(f"{what}.")


def origin_of(vendor: str, *, hostname: str) -> str:
    """Return where a vendor's host is reached: itself, or a stand-in on this machine.

    Only a loopback address with a port, given as the organization's hostname, stands in:
    the vendor's credentials are sent to no other host. Whether it may be reached is up to
    the session, and so to the operator.
    """
    if re.fullmatch(r"(127\.0\.0\.1|localhost):\d{1,5}", hostname):
        return f"http://{hostname}"
    return f"https://{vendor}"


def was_never_sent(fault: Exception) -> bool:
    """Return whether no byte of the request can have reached the CRM.

    True for a name that does not resolve, a refused or timed-out connection and a bad
    certificate; a doubt counts as sent.
    """
    if isinstance(fault, requests.exceptions.ConnectTimeout):
        return True
    cause = fault.args[0] if fault.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return (
        isinstance(reason, NewConnectionError)
        or isinstance(fault.__cause__, socket.gaierror)
        or is_untrusted(fault)
        or speaks_no_tls(fault)
    )
