"""The plumbing of a connector that speaks HTTP, so that a CRM module is paths and field names."""

from __future__ import annotations

import re
import socket
from abc import abstractmethod
from collections.abc import Callable, Mapping
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
    ConnectorError,
    CredentialsRejected,
    PermanentError,
    RateLimited,
    TemporaryError,
    UnknownOutcome,
)
from connector.http.exchange import FAULTS, open_response
from connector.http.reach import why_unreachable
from connector.http.retry_after import retry_after_from
from connector.types import SignedIn

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a CRM answered; `json` is None where the body is empty or not wanted."""

    status: int
    headers: Mapping[str, str]
    json: Any = None


Judge = Callable[[Reply, ConnectorError | None], ConnectorError | None]
"""Says what a reply stands for, given what its status code stands for."""


class HttpConnector(Connector):
    """A connector whose CRM answers JSON over HTTP."""

    @property
    @abstractmethod
    def base_url(self) -> str:
        """Where paths begin, without a trailing slash."""

    @property
    def host_url(self) -> str:
        """Where `reach_host` looks: known before anybody is signed in."""
        return self.base_url

    def reach_host(self) -> None:
        try:
            with open_response(self.session, "GET", self.host_url):
                return
        except FAULTS as fault:
            raise TemporaryError(why_unreachable(fault)) from fault

    def sign_in(self, last: SignedIn) -> SignedIn:
        """Sign in, and return what `auth_headers` and `base_url` need from then on.

        That is kept for all workers until the CRM answers 401. `last` is what was kept
        before, with a refresh token perhaps; empty the first time. Its own requests pass
        `headers`. A CRM that takes the credentials with each request needs no sign-in.
        """
        return {}

    _signed_in: SignedIn = MappingProxyType({})
    _is_fresh = False

    @property
    def signed_in(self) -> SignedIn:
        """What the last `sign_in` gave, whichever worker's."""
        if not self._signed_in:
            self._signed_in = self.sign_in_keeper.get()
        if not self._signed_in:
            self._sign_in_anew()
        return self._signed_in

    def _sign_in_anew(self) -> None:
        self._signed_in = self.sign_in_keeper.renew(self._signed_in, self.sign_in)
        self._is_fresh = True

    def auth_headers(self) -> Mapping[str, str]:
        """Return the headers that sign a request in."""
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
        `params`, `json`, `data` (a form), and:

        `creates`: the request must not be repeated blindly. Whatever leaves the outcome
        open then raises `UnknownOutcome`, where otherwise it raises `TemporaryError`.

        `expects`: a status that is no error here, besides 2xx; its body is not read.

        `judge`: for a CRM that tells failures in the body, which is then read whatever
        the status; None where it is no JSON and the status an error.

        Signed in with something that was kept, a request that is answered 401 is sent
        once more after a new `sign_in`.
        """
        send = partial(self._send_once, method, path, **options)
        if headers is not None:
            return send(headers=headers)
        # The headers may need a request of their own.
        return self.while_signed_in(lambda: send(headers=self.auth_headers()))

    def while_signed_in(self, attempt: Callable[[], T]) -> T:
        """Return what `attempt` returns, made once more if what was kept is refused."""
        try:
            result = attempt()
        except CredentialsRejected:
            if not self._signed_in or self._is_fresh:
                raise
            self._sign_in_anew()
            result = attempt()
        self._is_fresh = False  # what was signed in with is good, so it may end one day
        return result

    def _send_once(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        creates: bool = False,
        expects: int | None = None,
        judge: Judge | None = None,
        **options: Any,
    ) -> Reply:
        try:
            url = path if "://" in path else self.base_url + path
            with open_response(
                self.session, method, url, headers=headers, **options
            ) as opened:
                response = opened.response
                reply = Reply(response.status_code, response.headers)
                if reply.status == expects:
                    return reply
                error = self.error_from(response, creates=creates)
                if error is None:
                    reply = replace(reply, json=opened.read_json())
                elif judge:
                    with suppress(*FAULTS):
                        reply = replace(reply, json=opened.read_json())
                if judge:
                    error = judge(reply, error)
                if error is None:
                    return reply
        except FAULTS as fault:
            raise self._error_from_fault(fault, creates=creates) from fault
        raise error

    def error_from(
        self, response: requests.Response, *, creates: bool
    ) -> ConnectorError | None:
        """Return the error a status code stands for, or None for success.

        A CRM that uses a code in its own way overrides this.
        """
        status = response.status_code
        said = f"{self.platform} answered HTTP {status}"
        if 200 <= status < 300:
            return None
        if status == 401:
            return CredentialsRejected(f"{said}: the credentials were refused.")
        if status == 403:  # of this one request: no reason to stop the others
            return PermanentError(f"{said}: the credentials do not allow this.")
        if status == 429:
            return RateLimited(
                f"{said}: too many requests.", retry_after=retry_after_from(response)
            )
        if status == 409 and creates:
            return UnknownOutcome(f"{said}: the record may already be there.")
        if status in (408, 425) or status >= 500:
            if creates:
                return UnknownOutcome(f"{said}; the record may or may not be there.")
            return TemporaryError(f"{said}.", retry_after=retry_after_from(response))
        if 300 <= status < 400:
            redirected = f"{said}: a redirect, which is not followed."
            return UnknownOutcome(redirected) if creates else PermanentError(redirected)
        return PermanentError(f"{said}: the request was refused.")

    def _error_from_fault(self, fault: Exception, *, creates: bool) -> ConnectorError:
        if isinstance(fault, requests.exceptions.InvalidURL | InvalidIPAddress):
            return PermanentError(f"The address of {self.platform} is not allowed.")
        what = f"{self.platform} gave no usable answer ({type(fault).__name__})"
        if creates and not was_never_sent(fault):
            return UnknownOutcome(f"{what}; the record may or may not be there.")
        return TemporaryError(f"{what}.")


def origin_of(vendor: str, *, hostname: str) -> str:
    """Return where a vendor's host is reached: itself, or a stand-in on this machine.

    Only a loopback address with a port, given as the organization's hostname, stands in:
    nobody else's host is ever sent the vendor's credentials. Whether it may be reached
    is for the session, and so for the operator, to say.
    """
    if re.fullmatch(r"(127\.0\.0\.1|localhost):\d{1,5}", hostname):
        return f"http://{hostname}"
    return f"https://{vendor}"


def was_never_sent(fault: Exception) -> bool:
    """Tell whether no byte of the request can have reached the CRM.

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
        or "CERTIFICATE_VERIFY_FAILED" in str(reason)
    )
