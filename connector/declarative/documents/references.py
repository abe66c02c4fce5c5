"""Whether the names in a document's templates and paths exist."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from connector.declarative.documents.document import (
    LISTING,
    SIGN_IN,
    Document,
    Operation,
    Request,
)
from connector.declarative.expressions.context import EVERYWHERE, INPUTS, MEMBERS
from connector.declarative.expressions.path import Condition, Step, TemplateError
from connector.declarative.expressions.template import (
    Expression,
    expressions_in,
    is_template,
    parse_expression,
    texts_in,
)
from connector.manifest.faults import did_you_mean

TOKENS = ("access_token", "refresh_token", "expires_at")
"""What a sign-in by OAuth returns."""
REPLY = ("body", "headers", "status", "links")
SECRETS = ("secretKey", "clientSecret")
"""What belongs to the operator, not to the organization."""
SENDS_TO_ANY_HOST = (
    "has the operator's secret, for any host that an admin types; "
    "environment.urlIdentifier is missing"
)
OF_SIGN_IN = {
    *("tokenUrl", "authorizationUrl", "tokenMembers", "scopes", "redirectUri"),
    *("clientId", "clientSecret"),
}
"""Members of `auth` that are read before anyone is signed in."""
OF_ADDRESSES = ("hostname", "platform")
TEMPLATE_IN_CONDITION = re.compile(r"\w\[+[^\[\]\s]*\{\{")


def faults_of_references(document: Document) -> list[str]:
    """Return a fault for every expression that cannot be parsed or has an unknown name."""
    names = Names(document)
    faults: list[str] = []
    shared = tuple(name for inputs in INPUTS.values() for name in inputs)
    auth = {k: v for k, v in document.auth.items() if k not in OF_SIGN_IN}
    top = {"auth": auth, "requestDefaults": document.defaults}
    for member, template in top.items():
        faults += names.check(template, member, roots=(*EVERYWHERE, *shared))
    faults += names.check_sign_in(document.auth)
    faults += names.check_rules(document.raw.get("errors", []), "")
    for operation in document.operations.values():
        faults += names.check_operation(operation, document.raw["operations"])
    return list(dict.fromkeys(faults))


class Names:
    """The names that a document can use."""

    def __init__(self, document: Document) -> None:
        self.shared_auth = document.raw.get("auth")
        logging = document.platform.server_side_logging
        fields = [
            *document.platform.auth_fields,
            *(logging.additional_fields if logging else ()),
        ]
        environment = document.platform
        self.sends_anywhere = (
            environment.environment_type == "dynamic"
            and not environment.environment_url_identifier
        )
        sign_in = document.operations.get(SIGN_IN)
        tokens = (*TOKENS, *document.auth.get("tokenMembers", ()))
        session = sign_in.mapping.get("session", {}) if sign_in else tokens
        self.members = {
            **MEMBERS,
            "settings": tuple(field.const for field in fields),
            "session": tuple(session),
        }

    def check_sign_in(self, auth: Mapping[str, Any]) -> Iterator[str]:
        """Check what is needed before anyone is signed in."""
        for member in OF_SIGN_IN & set(auth):
            template, at = auth[member], f"auth.{member}"
            if member == "tokenMembers":
                for name, path in template.items():
                    roots = ("body", *OF_ADDRESSES)
                    yield from self._check_path(path, f"{at}.{name}", roots, ())
            elif member not in ("tokenUrl", "authorizationUrl"):
                if any(is_template(text) for _, text in texts_in(template)):
                    yield f"{at}: is no template"
            else:
                yield from self.check(template, at, roots=OF_ADDRESSES)
                if (
                    member == "tokenUrl"
                    and self.sends_anywhere
                    and is_template(template)
                ):
                    yield f"{at}: {SENDS_TO_ANY_HOST}"

    def check_operation(
        self, operation: Operation, raw: Mapping[str, Any]
    ) -> Iterator[str]:
        roots = (*EVERYWHERE, *INPUTS[operation.name])
        earlier: list[str] = []
        for request in operation.requests:
            yield from self._check_request(request, roots, tuple(earlier))
            earlier.append(request.name)
            yield from self._check_mapping(
                request.mapping, request.at, operation, tuple(earlier)
            )
        at = f"operations.{operation.name}"
        yield from self._check_mapping(operation.mapping, at, operation, tuple(earlier))
        own = raw[operation.name]
        yield from self.check_rules(own.get("errors", []), at, roots)
        for index, step in enumerate(own.get("steps", [])):
            rules = step.get("errors", [])
            yield from self.check_rules(rules, f"{at}.steps[{index}]", roots)

    def check_rules(
        self,
        rules: Iterable[Mapping[str, str]],
        at: str,
        inputs: tuple[str, ...] = (),
    ) -> Iterator[str]:
        """Check the rules for the meaning of replies; those of all operations have no inputs."""
        for index, rule in enumerate(rules):
            where = f"{at}.errors[{index}]".removeprefix(".")
            if "means" not in rule and not is_template(rule.get("message", "")):
                yield f"{where}.means: is missing, and message is no template"
            for member, roots in (("when", (*inputs, *REPLY)), ("message", REPLY)):
                template = rule.get(member, "")
                yield from self.check(template, f"{where}.{member}", roots=roots)
            yield from self._check_path(
                rule.get("retryAfterPath", ""), f"{where}.retryAfterPath", REPLY, ()
            )
            fields = self.members["settings"]
            if rule.get("field", "") not in ("", *fields):
                hint = did_you_mean(rule["field"], fields)
                yield f"{where}.field: {rule['field']} is not in the manifest{hint}"

    def _check_request(
        self, request: Request, roots: tuple[str, ...], earlier: tuple[str, ...]
    ) -> Iterator[str]:
        own = () if request.auth is self.shared_auth else ("auth",)
        at = f"{request.at}.assertion"
        yield from self.check(request.assertion, at, roots=roots, steps=earlier)
        roots = (*roots, *(("assertion",) if request.assertion else ()))
        for member in ("url", "headers", "query", "body", "when", *own):
            yield from self.check(
                getattr(request, member),
                f"{request.at}.{member}",
                roots=roots,
                steps=earlier,
            )
        for member, path in request.paging.items():
            if isinstance(path, str):
                at = f"{request.at}.paging.{member}"
                yield from self._check_path(path, at, (*roots, *REPLY), earlier)

    def _check_mapping(
        self,
        mapping: Mapping[str, Any],
        at: str,
        operation: Operation,
        steps: tuple[str, ...],
    ) -> Iterator[str]:
        """Check every path; paths into the item of a list may have any name."""
        reply = (*EVERYWHERE, *INPUTS[operation.name], *REPLY)
        for member, path in mapping.items():
            if member == "type":  # a contact type, as it stands
                continue
            is_of_item = operation.name in LISTING and member != "listPath"
            roots = () if is_of_item else reply
            paths = path if isinstance(path, dict) else {"": path}
            for inner, inner_path in paths.items():
                if inner == "type":  # a contact type, as it stands
                    continue
                where = f"{at}.responseMapping.{member}.{inner}".removesuffix(".")
                for _, text in texts_in(inner_path):
                    yield from self._check_path(text, where, roots, steps)

    def _check_path(
        self, path: str, at: str, roots: tuple[str, ...], steps: tuple[str, ...]
    ) -> Iterator[str]:
        if TEMPLATE_IN_CONDITION.search(path):
            hint = "a condition of a path has no template; compare with [id=$.userId]"
            yield f"{at}: {path}: {hint}"
            return
        if is_template(path):
            yield from self.check(path, at, roots=roots, steps=steps)
            return
        try:
            if path:
                expression = parse_expression(path)
                yield from self._check_expression(expression, at, roots, steps)
        except TemplateError as error:
            yield f"{at}: {error}"

    def check(
        self,
        template: Any,
        at: str,
        *,
        roots: tuple[str, ...],
        steps: tuple[str, ...] = (),
    ) -> Iterator[str]:
        """Check every expression of a template; empty `roots` allow any name."""
        for path, text in texts_in(template, at):
            try:
                for expression in expressions_in(text):
                    yield from self._check_expression(expression, path, roots, steps)
            except TemplateError as error:
                yield f"{path}: {error}"

    def _check_expression(
        self,
        expression: Expression,
        at: str,
        roots: tuple[str, ...],
        steps: tuple[str, ...],
    ) -> Iterator[str]:
        arguments = [
            a.path
            for _, found in expression.filters
            for a in found
            if a.path is not None
        ]
        paths = [*_paths_in(expression.path)]
        paths += [path for found in arguments for path in _paths_in(found)]
        names = {path[0] if path else "$" for path in paths}
        if self.sends_anywhere and "$" in roots and names & {"$", *SECRETS}:
            yield f"{at}: {expression.source} {SENDS_TO_ANY_HOST}"
        for path in paths:
            if path and roots:
                yield from self._check_names(path, at, roots, steps)

    def _check_names(
        self,
        path: tuple[Step, ...],
        at: str,
        roots: tuple[str, ...],
        steps: tuple[str, ...],
    ) -> Iterator[str]:
        root, *rest = path
        if isinstance(root, Condition):
            return
        if root not in roots:
            hint = did_you_mean(root, roots)
            if "body" in roots and not hint.endswith(" body?"):
                hint = f"{hint[:-1]} or" if hint else "; did you mean"
                hint += f" body.{root}?"
            yield f"{at}: {root} is not known here{hint}"
            return
        allowed: Iterable[str] | None = (
            steps if root == "steps" else self.members.get(root)
        )
        if allowed is None or not rest or isinstance(rest[0], Condition):
            return
        if rest[0] not in allowed:
            whole = f"{root}.{rest[0]}"
            hint = did_you_mean(whole, [f"{root}.{name}" for name in allowed])
            yield f"{at}: {whole} is not known here{hint}"


def _paths_in(path: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    """Yield the path and those of the values that its conditions compare with."""
    yield path
    for step in path:
        if isinstance(step, Condition) and not isinstance(step.expected, str):
            yield from _paths_in(step.expected)
