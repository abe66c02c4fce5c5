"""The description of an operation, as far as it follows from its view."""

from http import HTTPStatus
from inspect import cleandoc

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework.serializers import Serializer

from appconnect.api.base.answers import Unavailable, plain_text
from appconnect.api.base.exceptions import AUTHORIZE
from appconnect.api.base.permissions import (
    NO_ADMIN,
    HasCrmSession,
    HasUserJwt,
    IsRingCentralAdmin,
)

JSON = "application/json"
Schema = dict[str, object]


class ClientSchema(AutoSchema):
    """Adds to each operation the refusals of its view's permissions and limits.

    The summary is the docstring of the method, the description that of the view.
    """

    def get_operation_id(self) -> str:
        return self.method.lower() + type(self.view).__name__.removesuffix("View")

    def get_tags(self) -> list[str]:
        return [self.view.tag]

    def get_summary(self) -> str:
        return (getattr(self.view, self.method.lower()).__doc__ or "").rstrip(".")

    def get_description(self) -> str:
        return cleandoc(type(self.view).__doc__ or "")

    def get_request_serializer(self) -> None:
        return None

    def get_operation(self, *args) -> Schema:
        operation = super().get_operation(*args)
        answers = operation["responses"]
        for (status, media_type), schema in self.refusals().items():
            answer = answers.setdefault(str(status), {"content": {}})
            answer["content"].setdefault(media_type, {"schema": schema})
        for status, answer in answers.items():
            answer["description"] = HTTPStatus(int(status)).phrase
        operation["responses"] = dict(sorted(answers.items()))
        return operation

    def refusals(self) -> dict[tuple[int, str], Schema]:
        view = self.view
        error = self.ref(view.error)
        refusals = {(400, JSON): error, (413, JSON): error}
        refusals[503, JSON] = self.ref(Unavailable)
        permissions = view.get_permissions()
        if any(isinstance(one, HasCrmSession) for one in permissions):
            refusals |= plain_text(AUTHORIZE, "User not found")
        elif any(isinstance(one, HasUserJwt) for one in permissions):
            refusals |= plain_text(AUTHORIZE)
        if any(isinstance(one, IsRingCentralAdmin) for one in permissions):
            refusals |= plain_text(NO_ADMIN, status=403)
        if any(
            one.authenticate_header(view.request) for one in view.get_authenticators()
        ):
            refusals[401, JSON] = error
        if view.max_per_minute is not None:
            refusals[429, JSON] = self.ref(view.refusal)
        return refusals

    def ref(self, serializer: type[Serializer]) -> Schema:
        return self.resolve_serializer(serializer, "response").ref


class UserJwtScheme(OpenApiAuthenticationExtension):
    target_class = "appconnect.api.base.authentication.UserJwt"
    name = ["userJwt", "rcAccessToken"]

    def get_security_requirement(self, auto_schema: AutoSchema) -> dict[str, list]:
        permissions = auto_schema.view.get_permissions()
        is_for_admins = any(isinstance(one, IsRingCentralAdmin) for one in permissions)
        return {name: [] for name in self.name[: 2 if is_for_admins else 1]}

    def get_security_definition(self, auto_schema: AutoSchema) -> list[Schema]:
        return [
            {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "App Connect's userJwt, from a sign-in to the CRM. An old "
                "client sends it as `?jwtToken=`. An answer's `x-refreshed-jwt-token` "
                "is a new one to use from then on.",
            },
            {
                "type": "apiKey",
                "in": "header",
                "name": "X-RC-Access-Token",
                "description": "A RingCentral access token of an admin of the account. "
                "An old client sends it as `rcAccessToken` in the body or the query, or "
                "not at all: its proof then counts for an hour.",
            },
        ]


class ServiceTokenScheme(OpenApiAuthenticationExtension):
    target_class = "appconnect.api.service.service_token.ServiceToken"
    name = "serviceToken"

    def get_security_definition(self, auto_schema: AutoSchema) -> Schema:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "X-Access-Token",
            "description": "The logging service's own token, from `/oauth/callback`.",
        }
