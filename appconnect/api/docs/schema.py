"""The words in which views describe themselves, and the shapes that several of them use."""

from collections.abc import Callable
from http import HTTPStatus
from inspect import getdoc
from typing import Any

from drf_spectacular.utils import OpenApiParameter

Schema = dict[str, Any]

JSON, HTML = "application/json", "text/html"
TEXT = {"type": "string"}
FLAG = {"type": "boolean"}
ID = {"type": ["string", "integer"]}
ANYTHING = {"type": "object"}


def shape(
    members: dict[str, Schema], *, needs: str = "", example: object = None
) -> Schema:
    """Return the schema of an object; `needs` names the members that are always there."""
    schema: Schema = {"type": "object", "properties": members}
    if needs:
        schema["required"] = needs.split()
    if example is not None:
        schema["examples"] = [example]
    return schema


def list_of(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def one_of(*values: str) -> Schema:
    return {"type": "string", "enum": list(values)}


def about(description: str, schema: Schema) -> Schema:
    return {**schema, "description": description}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def said(*texts: str) -> Schema:
    """Return the schema of a text, such as one of `texts`."""
    return {"type": "string", "examples": list(texts)}


def query_parameter(
    name: str, description: str, *examples: str, is_needed: bool = False
) -> OpenApiParameter:
    schema = said(*examples) if examples else TEXT
    return OpenApiParameter(name, schema, required=is_needed, description=description)


def switch(name: str, description: str) -> OpenApiParameter:
    schema = one_of("true", "false")
    return OpenApiParameter(name, schema, description=description)


def content(schema: Schema, media_type: str = JSON) -> Schema:
    return {media_type: {"schema": schema}}


def operation(
    summary: str, answers: dict[int, Schema], *, method: str = "get", **members: object
) -> Callable:
    """Describe a plain Django view, in its `operation`; `answers` are contents by status."""

    def describe(view: Callable) -> Callable:
        described = {
            "operationId": view.__name__,
            "summary": summary,
            "description": getdoc(view) or "",
            "tags": ["Operation"],
            "responses": {
                str(status): {"description": HTTPStatus(status).phrase}
                | ({"content": answer} if answer else {})
                for status, answer in answers.items()
            },
            **members,
        }
        view.operation = {method: described}
        return view

    return describe


RETURN_MESSAGE = shape(
    {
        "message": TEXT,
        "messageType": one_of("success", "info", "warning", "danger", "error"),
        "ttl": about("How long it is shown, in milliseconds.", {"type": "integer"}),
        "details": list_of(
            shape(
                {
                    "title": TEXT,
                    "items": list_of(shape({"id": TEXT, "type": TEXT, "text": TEXT})),
                },
                needs="title items",
            )
        ),
    },
    needs="message messageType ttl",
    example={"message": "Call logged", "messageType": "success", "ttl": 2000},
)
ANSWER_MEMBERS = {"successful": FLAG, "returnMessage": ref("ReturnMessage")}
COMPONENTS = {
    "ReturnMessage": about("What the client shows its person.", RETURN_MESSAGE),
    "Answer": shape(ANSWER_MEMBERS, needs="successful returnMessage"),
    "Error": shape(
        {"error": TEXT}, needs="error", example={"error": "logInfo is missing."}
    ),
    "ServiceError": shape(
        {"result": shape({"message": TEXT}, needs="message")},
        needs="result",
        example={"result": {"message": "You are not connected to the CRM here."}},
    ),
    "Unavailable": about(
        "The database does not answer. `Retry-After` says when to try again.",
        shape(
            {"error": one_of("Service unavailable"), "detail": TEXT},
            needs="error detail",
        ),
    ),
    "SessionRevoked": about(
        "The CRM's sign-in has ended: the client drops its own and asks for a new one.",
        shape(
            {
                **ANSWER_MEMBERS,
                "errorCode": one_of("CRM_SESSION_REVOKED"),
                "isRevokeUserSession": FLAG,
            },
            needs="successful returnMessage errorCode",
        ),
    ),
    "SignedIn": shape(
        {
            "jwtToken": about("The userJwt, for two weeks.", TEXT),
            "name": TEXT,
            "returnMessage": ref("ReturnMessage"),
        },
        needs="returnMessage",
    ),
}
REVOKED = {401: ref("SessionRevoked")}
