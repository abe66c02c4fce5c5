"""Judges requests to Outreach, and replies, by its own OpenAPI description.

What the description leaves out is added: a list's parameters, from the badges of its
attributes; and what JSON:API 1.0 has beside the data of a reply.
"""

from functools import cache
from typing import Any

from tests.support.fakes import clio
from tests.support.fakes.openapi_judge import Description, find_description, load

KIND = "application/vnd.api+json"
LISTS = {
    "/calls": "call",
    "/phoneNumbers": "phoneNumber",
    "/prospects": "prospect",
    "/users": "user",
}


@cache
def outreach_judges() -> list[Any]:
    document = load(find_description("outreach/outreach.json"))
    schemas = document["components"]["schemas"]
    paths = {
        path: {**document["paths"][path], "get": listing(schemas, name)}
        for path, name in LISTS.items()
    }
    for path in ("/calls", "/prospects"):
        paths[path]["post"] = creation(schemas, LISTS[path], paths[path]["post"])
    paths["/calls/{id}"] = document["paths"]["/calls/{id}"]
    whole = {**document, "paths": paths}
    return [Description(whole, prefix="/api/v2"), clio.TokenJudge()]


def listing(schemas: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the operation of a list, with the parameters that its attributes allow."""
    attributes = schemas[name]["properties"]
    related = schemas[f"{name}Relationships"]["properties"]
    sortable = [each for each, about in attributes.items() if has(about, "sortable")]
    filters = [
        f"filter[{each}]"
        for each, about in attributes.items()
        if has(about, "filterable")
    ]
    filters += [
        f"filter[{each}][id]"
        for each, about in related.items()
        if f"filter[{each}][id]" in about.get("description", "")
    ]
    allowed = {
        "page[size]": {"type": "integer", "minimum": 1, "maximum": 1000},
        "page[after]": {"type": "string"},
        "count": {"type": "boolean"},
        "sort": {"enum": [sign + each for each in sortable for sign in ("", "-")]},
        "include": {"enum": [*related]},
        **{each: {} for each in filters},
    }
    reply = {
        "type": "object",
        "properties": {
            "data": {
                "type": "array",
                "items": {"$ref": f"#/components/schemas/{name}Response"},
            },
            "included": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/prospectResponse"},
            },
            "links": {"type": "object", "properties": {"next": {"type": "string"}}},
        },
        "required": ["data"],
    }
    return {
        "parameters": [
            {"name": each, "in": "query", "schema": schema}
            for each, schema in allowed.items()
        ],
        "responses": {"200": {"content": {KIND: {"schema": reply}}}},
    }


def creation(
    schemas: dict[str, Any], name: str, operation: dict[str, Any]
) -> dict[str, Any]:
    """Return the operation without the attributes that cannot be written."""
    writable = {
        each: about
        for each, about in schemas[name]["properties"].items()
        if not has(about, "readonly")
    }
    related = {"$ref": f"#/components/schemas/{name}Relationships"}
    data = {
        "type": "object",
        "properties": {
            "type": {"const": name},
            "attributes": {"type": "object", "properties": writable},
            "relationships": related,
        },
        "required": ["type"],
    }
    body = {"type": "object", "properties": {"data": data}, "required": ["data"]}
    content = {KIND: {"schema": body}}
    return {**operation, "requestBody": {"required": True, "content": content}}


def has(about: dict[str, Any], badge: str) -> bool:
    return f"badges/{badge}" in about.get("description", "")
