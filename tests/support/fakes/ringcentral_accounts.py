"""RingCentral for very many accounts, as a WSGI application: their call logs and sign-ins.

An account's JWT credential and its access tokens are its own number. `POST /calls` adds a
record to an account's call log. There are no rate limits and no faults: the sandbox has
those, for one account.
"""

import json
import os
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

LOGS: dict[str, list[dict[str, Any]]] = defaultdict(list)
"""Account → the records of its call log, the oldest first."""
BY_SESSION: dict[str, dict[str, Any]] = {}


def application(environ, start_response) -> list[bytes]:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    query = parse_qs(environ.get("QUERY_STRING", ""))
    reply = answer(
        environ["PATH_INFO"],
        {name: values[0] for name, values in query.items()},
        environ["wsgi.input"].read(length).decode() if length else "",
        account=environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer "),
    )
    status = HTTPStatus.OK if reply is not None else HTTPStatus.NOT_FOUND
    headers = [("Content-Type", "application/json")]
    start_response(f"{status.value} {status.phrase}", headers)
    return [json.dumps(reply).encode()]


def answer(path: str, query: dict[str, str], body: str, *, account: str) -> Any:
    """Return the reply; None where there is nothing at the path."""
    match path.removeprefix("/restapi/").split("/"):
        case ["", "calls"]:
            call = json.loads(body)
            LOGS[call["account"]].append(call["record"])
            BY_SESSION[call["record"]["telephonySessionId"]] = call["record"]
            return {}
        case ["", "healthz"]:
            return {}
        case ["oauth", "token"]:
            jwt = parse_qs(body)["assertion"][0]
            return {"access_token": jwt, "expires_in": 3600, "owner_id": "1"}
        case ["v1.0", "account", "~", "extension", "~"]:
            admin = {"admin": {"enabled": True}}
            owner = {"account": {"id": account}, "permissions": admin}
            return {"id": 1, "name": "Ada Admin", "status": "Enabled", **owner}
        case ["v1.0", "account", "~", "call-log"]:
            record = BY_SESSION.get(query["telephonySessionId"])
            return {"records": [record] if record else []}
        case ["v1.0", "account", "~", "call-log-extract-sync"]:
            return changes(LOGS[account], int(query.get("syncToken", 0)), query)
        case ["v1.0", "subscription", key]:
            return subscription(key)
    return None


def changes(log: list[dict], first: int, query: dict[str, str]) -> dict[str, Any]:
    last = min(len(log), first + int(query["recordCount"]))
    info = {
        "syncToken": str(last),
        "syncTime": datetime.now(UTC).isoformat(),
        "newerRecordsExist": last < len(log),
    }
    return {"records": log[first:last], "syncInfo": info}


def subscription(key: str) -> dict[str, Any]:
    """Return the subscription whose id is the secret part of its address."""
    lifetime = timedelta(days=7)
    address = f"{os.environ['PUBLIC_URL']}/webhooks/ringcentral/{key}/"
    return {
        "id": key,
        "eventFilters": ["/restapi/v1.0/account/~/telephony/sessions"],
        "deliveryMode": {"address": address},
        "status": "Active",
        "expirationTime": (datetime.now(UTC) + lifetime).isoformat(),
        "expiresIn": lifetime.total_seconds(),
    }
