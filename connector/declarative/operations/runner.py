"""Running the operations of a document."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from requests import RequestException
from requests.utils import parse_header_links

from connector.declarative.documents.document import (
    LISTING,
    SIGN_IN,
    UPDATE,
    Request,
)
from connector.declarative.documents.hosts import check_host, own_host
from connector.declarative.expressions.context import Context
from connector.declarative.expressions.path import TemplateError, text_of
from connector.declarative.expressions.template import (
    evaluate,
    is_true,
    render_text,
    render_url,
)
from connector.declarative.operations.oauth import DocumentSignIn
from connector.declarative.operations.outcomes import (
    NothingFound,
    has_error,
    judge_by,
)
from connector.declarative.operations.paging import FIRST_PAGE, next_page
from connector.declarative.operations.request import (
    SEARCHING,
    changes_nothing,
    check_search_terms,
    fill,
)
from connector.errors import (
    ConnectorError,
    NotSupported,
    PermanentError,
    TemporaryError,
    UnknownOutcome,
)
from connector.http import Reply
from connector.http.reason import reason_in
from connector.types import SignedIn

NO_CONTENT = 204
logger = logging.getLogger(__name__)


class DocumentRunner(DocumentSignIn):
    """Sends the requests of a document's operations, and returns their replies."""

    @property
    def base_url(self) -> str:
        return render_url(self.document.defaults.get("baseUrl", ""), self.context({}))

    @property
    def host_url(self) -> str:
        # As the base URL begins; the rest of it may need a sign-in.
        start = self.document.defaults.get("baseUrl", "").partition("://")[0]
        rendered = render_text(start, self.context({}))  # perhaps the whole address
        is_plain = rendered.partition("://")[0] == "http"
        scheme = "http" if is_plain else "https"
        host = own_host(self.document.platform, self.credentials.hostname)
        return f"{scheme}://{host}"

    def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Reply:
        """Send one request, if the manifest allows its host. Raises `PermanentError`."""
        check_host(path, self.document.platform, self.credentials.hostname)
        return super().send(method, path, headers=headers, **options)

    def sign_in(self, last: SignedIn) -> SignedIn:
        if SIGN_IN not in self.document.operations:
            return super().sign_in(last) if self.document.is_oauth else {}
        scope = self.run(SIGN_IN, {"session": last})
        paths = self.document.operations[SIGN_IN].mapping["session"]
        values = {name: text_of(evaluate(path, scope)) for name, path in paths.items()}
        for name, value in values.items():
            if not value:
                raise PermanentError(
                    f"{self.display_name} gave no {name} at {paths[name]} when signing in."
                )
        return values

    def run(self, name: str, inputs: Context) -> Context:
        """Send the operation's requests; return the scope of paths after the last reply."""
        scope = context = self.context(inputs)
        for request in self._requests(name):
            if self._is_needed(request, context) and not (
                name == UPDATE and changes_nothing(request, context)
            ):
                scope = self._exchange(request, context)
        return scope

    def create(self, name: str, inputs: Context) -> tuple[str, Context]:
        """Send the operation's requests, one of which creates; return the record's id.

        Requests after that are sent too. When one of those fails, that is logged, and the
        id still returned, since the record exists.
        """
        context = self.context(inputs)
        requests = self._requests(name)
        created: tuple[str, Context] | None = None
        for request in requests:
            creates = request.creates or len(requests) == 1
            if created is None:
                if self._is_needed(request, context):
                    scope = self._exchange(request, context, creates=creates)
                    created = (self._new_id(request, scope), scope) if creates else None
            elif not creates:
                try:
                    if self._is_needed(request, context):
                        self._exchange(request, context)
                except ConnectorError as error:
                    message = "%s: the record is created, but %s failed: %s"
                    logger.warning(message, self.platform, request.at, error)
                    break
        if created is None:
            raise PermanentError(
                f"{self.display_name}: no step of {name} creates a record."
            )
        return created

    def _new_id(self, request: Request, scope: Context) -> str:
        operation = self.document.operations[request.operation]
        path = (request.mapping or operation.mapping).get("idPath", "body.id")
        try:
            record_id = text_of(evaluate(path, scope))
        except TemplateError as error:
            raise UnknownOutcome(f"{self.display_name}: {error}") from error
        if not record_id:
            raise UnknownOutcome(f"{self.display_name} gave no id at {path}.")
        return record_id

    def items(
        self, name: str, inputs: Context
    ) -> Iterator[tuple[Any, Mapping[str, Any]]]:
        """Yield every item of a list and its mapping, over all steps and pages."""
        context = self.context(inputs)
        requests = self._requests(name)
        operation = self.document.operations[name]
        for request in requests:
            mapping = operation.mapping_of(request)
            if not self._is_needed(request, context):
                continue
            if mapping is not None:
                for item in self._pages(request, mapping, context):
                    yield item, mapping
                continue
            try:
                self._exchange(request, context)
            except NothingFound:
                return  # the next step would search without a term

    def _pages(
        self, request: Request, mapping: Mapping[str, Any], context: Context
    ) -> Iterator[Any]:
        page: Context | None = dict(FIRST_PAGE)
        while page is not None:
            may_be_none = page["number"] == 1 or "counted" in request.paging
            try:
                scope = self._exchange(request, {**context, "page": page})
            except NothingFound:
                if may_be_none:
                    return
                raise
            if scope["status"] == NO_CONTENT and may_be_none:
                return
            items = self._list(request, mapping, scope)
            yield from items
            page = next_page(request.paging, page, scope, items, crm=self.display_name)

    def _list(
        self, request: Request, mapping: Mapping[str, Any], scope: Context
    ) -> list[Any]:
        """Return the list. Raises `TemporaryError` where there is none, or an error instead.

        Only a rule, or the status 204, says that there is nothing: a failure that comes
        with HTTP 200 must not pass for nobody.
        """
        path = mapping.get("listPath", "body")
        items = evaluate(path, scope)
        if not isinstance(items, list):
            instead = "an object, no list," if isinstance(items, dict) else "no list"
            what = f"gave {instead} at {path} for {request.operation}"
        elif not items and has_error(scope, request.rules):
            what = f"gave an error beside the empty list for {request.operation}"
        else:
            return items
        raise self._error_inside(what, scope["body"])

    def _lists(self, request: Request) -> bool:
        """Return whether the reply is a page of a list."""
        operation = self.document.operations[request.operation]
        is_list = request.operation in LISTING
        return is_list and operation.mapping_of(request) is not None

    def _error_inside(self, what: str, body: Any) -> TemporaryError:
        """Return the error of a reply that has another meaning than its status."""
        reason = self.cleaned(reason_in(body))
        return TemporaryError(f"{self.display_name} {what}.", reason=reason)

    def _requests(self, name: str) -> tuple[Request, ...]:
        operation = self.document.operations.get(name)
        if operation is None:
            raise self._not_supported(name)
        if operation.unsupported:
            raise NotSupported(f"{operation.unsupported.rstrip('.')}.")
        return operation.requests

    def _is_needed(self, request: Request, context: Context) -> bool:
        if not request.when:
            return True
        self._add_session(request, context)
        return is_true(request.when, context)

    def _add_session(self, request: Request, context: Context) -> None:
        """Make the result of the sign-in available; a sign-in itself gets the last one."""
        if request.operation == SIGN_IN:
            return
        if SIGN_IN in self.document.operations:
            context["session"] = self.signed_in
        elif self.document.is_oauth and not self.credentials.access_token:
            token = self.signed_in["access_token"]
            context["session"] = self.signed_in
            context["apiKey"] = token
            context["user"] = {**context["user"], "accessToken": token}

    def _exchange(
        self, request: Request, context: Context, *, creates: bool = False
    ) -> Context:
        """Send one request; return the scope of paths after its reply."""

        def attempt() -> Reply:
            self._add_session(request, context)
            return self._send_filled(request, context, creates=creates)

        is_sign_in = request.operation == SIGN_IN
        reply = attempt() if is_sign_in else self.while_signed_in(attempt)
        received = {
            "body": reply.json,
            "headers": reply.headers,
            "status": reply.status,
            "links": {
                link.get("rel"): link["url"]
                for link in parse_header_links(reply.headers.get("Link", ""))
            },
        }
        is_judged_later = creates or is_sign_in or self._lists(request)
        scope = {**context, **received}
        if not is_judged_later and has_error(scope, request.rules):
            raise self._error_inside("answered with an error inside", reply.json)
        context["steps"][request.name] = received
        return scope

    def _send_filled(
        self, request: Request, context: Context, *, creates: bool
    ) -> Reply:
        """Send one request. Raises `TemplateError`, before sending, if it cannot be filled in."""
        try:
            if request.operation in SEARCHING:
                check_search_terms(request, context)
            filled = fill(request, self.document, context)
        except (TypeError, ValueError, RequestException) as fault:
            kind = type(fault).__name__
            reason = f"{request.at}: a value cannot be part of the request ({kind})"
            raise TemplateError(reason) from fault
        return self.send(
            request.method,
            creates=creates,
            judge=judge_by(
                request.rules, context, crm=self.display_name, creates=creates
            ),
            **filled,
        )
