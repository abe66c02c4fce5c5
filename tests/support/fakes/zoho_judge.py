"""Judges requests to Zoho CRM, and replies, by the files of its own OpenAPI description."""

from functools import cache
from typing import Any

from tests.support.fakes import clio
from tests.support.fakes.openapi_judge import Description, find_description, load
from tests.support.fakes.server import Request

REFUSED_RECORD = {
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "properties": {
                    "data": {
                        "type": "array",
                        "items": {"$ref": "#/record/components/schemas/API_Exception"},
                    }
                },
            }
        }
    }
}


@cache
def zoho_judges() -> list[Any]:
    own_faults = (
        # Patterns and types that were made of one sample.
        r"\['email'\]: .* does not match",
        r"\['time_zone'\]: .* is not of type 'object', 'null'",
    )
    return [Description(whole_description(), allowed=own_faults), TokenJudge()]


def whole_description() -> dict[str, Any]:
    """Return Zoho's files, which refer to each other, as one description.

    It is stricter than they are: of alternatives, which match the same replies, the first is
    taken, the success. What Zoho's chapters say and the files leave out is added: a created
    record is answered with 201, a refused one with 202, and a list of nothing with 204.
    """
    names = ("record", "users", "coql", "tags")
    whole: dict[str, Any] = {
        name: rewritten(load(find_description(f"zoho/{name}.json")), name)
        for name in names
    }
    whole["paths"] = {
        path: item for name in names[:3] for path, item in whole[name]["paths"].items()
    }
    for item in whole["paths"].values():
        for operation in item.values():
            replies = operation["responses"]
            replies["201"] = replies.get("200", replies.get("201"))
            replies |= {"202": REFUSED_RECORD, "204": {"description": "nothing"}}
    return whole


def rewritten(node: Any, name: str) -> Any:
    """Return a part of a file, with places in the whole, and only first alternatives.

    Two files that it refers to are not here: what is in them is not judged.
    """
    if isinstance(node, list):
        return [rewritten(part, name) for part in node]
    if not isinstance(node, dict):
        return node
    if "oneOf" in node:
        return rewritten(node["oneOf"][0], name)
    if isinstance(ref := node.get("$ref"), str):
        file, _, place = ref.partition("#/")
        other = file.rpartition("/")[2].removesuffix(".json") or name
        return {} if other in ("modules", "common") else {"$ref": f"#/{other}/{place}"}
    return {member: rewritten(part, name) for member, part in node.items()}


class TokenJudge(clio.TokenJudge):
    """The descriptions leave out the token endpoint; RFC 6749, 6, has it."""

    def find(self, request: Request) -> object | None:
        return request.path == "/oauth/v2/token" or None
