"""Odoo's two external APIs as one: JSON-2 where the server has it, else JSON-RPC.

https://www.odoo.com/documentation/19.0/developer/reference/external_api.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import requests

from connector.errors import (
    ConnectorError,
    CredentialsRejected,
    InvalidSettings,
    PermanentError,
    TemporaryError,
    UnknownOutcome,
)
from connector.http import HttpConnector
from connector.types import SignedIn

JSON_2, JSON_RPC = "json-2", "json-rpc"
MAX_ERROR_BYTES = 256 * 1024

REFUSED_FOR_GOOD = {
    *("AccessError", "MissingError", "NotFound", "RedirectWarning"),
    *("UserError", "ValidationError"),
    *("AttributeError", "KeyError", "TypeError", "ValueError"),
    *("CheckViolation", "ForeignKeyViolation", "NotNullViolation", "UniqueViolation"),
}
"""Exceptions of Odoo, Python and PostgreSQL that the same request will cause again."""
ROLLED_BACK = {
    *("ConcurrencyError", "DeadlockDetected", "LockNotAvailable"),
    *("SerializationFailure", "TransactionRollbackError"),
}
"""Those that end a transaction. Others may come after it: what runs then may fail too."""


class OdooApi(HttpConnector):
    """Calls a model's methods, with the API key of a service account or a person.

    Each call is a transaction.
    """

    @property
    def base_url(self) -> str:
        """https, but http at a port such as Odoo's own 8069.

        The session sends http only to hosts that the operator allows.
        """
        _, _, port = self.credentials.hostname.partition(":")
        scheme = "http" if port and not port.endswith("443") else "https"
        return f"{scheme}://{self.credentials.hostname}"

    @property
    def settings(self) -> Mapping[str, str]:
        return self.credentials.server_logging_settings

    @property
    def login_and_key(self) -> tuple[str, str]:
        """The login and API key. Only JSON-RPC needs a login; a person enters ``login:key``."""
        if self.credentials.access_token:
            login, _, key = self.credentials.access_token.rpartition(":")
            return login, key
        return self.settings.get("login", ""), self.settings.get("apiKey", "")

    def sign_in(self, last: SignedIn) -> SignedIn:
        if not self.login_and_key[1]:
            raise CredentialsRejected("The API key of the service account is missing.")
        if self.has_json_2():
            with_json_2 = {"api": JSON_2}
            user = self.call_as(with_json_2, "res.users", "context_get")
            return {**with_json_2, "uid": str(user["uid"])}
        return {"api": JSON_RPC, "uid": self._authenticate()}

    def has_json_2(self) -> bool:
        """Return whether the server has JSON-2, as Odoo has from version 19 on."""
        try:
            self.request("GET", "/json/version", headers={})
        except PermanentError:
            return False
        return True

    def _authenticate(self) -> str:
        login, key = self.login_and_key
        if not login:
            raise InvalidSettings(
                "This Odoo is older than 19: it also needs the login of the API key's user.",
                const="login",
            )
        arguments = [self._database, login, key, {}]
        uid = self._json_rpc("common", "authenticate", arguments, creates=False)
        if not uid:
            raise CredentialsRejected("odoo refused the login or its API key.")
        return str(uid)

    @property
    def _database(self) -> str:
        """The database, where one must be named; at odoo.com it is the host's first label."""
        host, _, _port = self.credentials.hostname.partition(":")
        return self.settings.get("database") or host.partition(".")[0]

    def call(self, model: str, method: str, **arguments: Any) -> Any:
        """Call a model's method with arguments by name, and return what it returns.

        `ids` are the records it is called on, `context` is Odoo's, and `creates` is
        that of `send`.
        """
        return self.call_as(self.signed_in, model, method, **arguments)

    def call_as(
        self,
        signed_in: SignedIn,
        model: str,
        method: str,
        *,
        ids: list[int] | None = None,
        positional: tuple[Any, ...] = (),
        creates: bool = False,
        **named: Any,
    ) -> Any:
        """Call with the result of a `sign_in`. JSON-2 takes no `positional` arguments."""
        _, key = self.login_and_key
        if signed_in["api"] == JSON_2:
            if ids is not None:
                named["ids"] = ids
            headers = {"Authorization": f"bearer {key}"}
            if self.settings.get("database"):
                headers["X-Odoo-Database"] = self.settings["database"]
            path = f"/json/2/{model}/{method}"
            return self.request(
                "POST", path, json=named, headers=headers, creates=creates
            )
        records = () if ids is None else (ids,)
        user = (self._database, int(signed_in["uid"]), key)
        arguments = [*user, model, method, [*records, *positional], named]
        return self._json_rpc("object", "execute_kw", arguments, creates=creates)

    def _json_rpc(
        self, service: str, method: str, arguments: list[Any], *, creates: bool
    ) -> Any:
        body = {
            "jsonrpc": "2.0",
            "method": "call",
            "params": {"service": service, "method": method, "args": arguments},
        }
        reply = self.request("POST", "/jsonrpc", json=body, headers={}, creates=creates)
        if "error" in reply:
            exception = reply["error"].get("data", {})
            raise self._error_from_exception(exception, "an error", creates=creates)
        return reply.get("result")

    def save(
        self, model: str, ids: list[int], values: Mapping[str, Any], **options: Any
    ) -> int:
        """Write `values` to a record, or to a new one where `ids` is empty; return its id.

        JSON-2 wants `write`'s argument by the name that the outermost add-on gave it, such
        as `values` in crm_phonecall 19: the web client's own `web_save` has one name.
        """
        if self.signed_in["api"] == JSON_2:
            options |= {"vals": values, "specification": {}}
            [saved] = self.call(model, "web_save", ids=ids, **options)
            return int(saved["id"])
        if ids:
            self.call(model, "write", ids=ids, positional=(values,), **options)
            return ids[0]
        return int(self.call(model, "create", positional=(values,), **options))

    def fields_of(self, signed_in: SignedIn, model: str, names: list[str]) -> list[str]:
        """Return which of these fields the model has."""
        fields = self.call_as(
            signed_in, model, "fields_get", allfields=names, attributes=["type"]
        )
        return [name for name in names if name in fields]

    def may_create(self, signed_in: SignedIn, model: str) -> bool | None:
        """Return whether the user may create such records; None: Odoo has no such model."""
        try:
            if signed_in["api"] == JSON_2:
                options: dict[str, Any] = {"ids": [], "operation": "create"}
                return bool(self.call_as(signed_in, model, "has_access", **options))
            options = {"operation": "create", "raise_exception": False}
            return bool(
                self.call_as(signed_in, model, "check_access_rights", **options)
            )
        except PermanentError:
            return None

    def error_from(
        self, response: requests.Response, *, creates: bool
    ) -> ConnectorError | None:
        status = response.status_code
        if status in (401, 429) or status < 400:
            return super().error_from(response, creates=creates)
        exception = error_in(response)
        if "name" in exception:
            return self._error_from_exception(
                exception, f"HTTP {status}", creates=creates
            )
        if status == 404 and "/json/2/" in response.url:
            return InvalidSettings(
                "Odoo knows no such database at this address, or needs its name.",
                const="database",
            )
        return super().error_from(response, creates=creates)

    def _error_from_exception(
        self, exception: Mapping[str, Any], how: str, *, creates: bool
    ) -> ConnectorError:
        """Return the error of a server's exception, with its message as the reason."""
        error = self._error_named(exception, how, creates=creates)
        error.reason = self.cleaned(str(exception.get("message", "")))
        return error

    def _error_named(
        self, exception: Mapping[str, Any], how: str, *, creates: bool
    ) -> ConnectorError:
        name = str(exception.get("name", "")).rpartition(".")[2]
        message = f"{self.display_name} answered {how}"
        if name.isidentifier():
            message += f" ({name[:60]})"
        match name:
            case "AccessDenied":
                return CredentialsRejected(f"{message}: the credentials were refused.")
            case "AccessError":
                return PermanentError(f"{message}: the credentials do not allow this.")
            case "OperationalError" if "does not exist" in str(
                exception.get("message")
            ):
                return InvalidSettings(
                    f"{message}: no such database.", const="database"
                )
            case _ if name in REFUSED_FOR_GOOD:
                return PermanentError(f"{message}: the request was refused.")
            case _ if creates and name not in ROLLED_BACK:
                return UnknownOutcome(f"{message}; the record may or may not be there.")
            case _:
                return TemporaryError(f"{message}.")


def error_in(response: requests.Response) -> Mapping[str, Any]:
    """Return the JSON object that describes Odoo's exception; empty where there is none."""
    try:
        exception = json.loads(response.raw.read(MAX_ERROR_BYTES, decode_content=True))
    except ValueError:
        return {}
    return exception if isinstance(exception, dict) else {}


def record_number(text: str) -> int:
    """Return a record's number. Raises `PermanentError` where the text is not one."""
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise PermanentError("This is not the number of a record in Odoo.")
    return int(text)
