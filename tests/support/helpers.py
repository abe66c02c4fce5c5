"""What the tests share: the sandbox's control interface, and waiting for a condition."""

import re
import time
from collections.abc import Callable
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any, TypeVar

import requests

ROOT = Path(__file__).resolve().parents[2]
T = TypeVar("T")


def wait_for(condition: Callable[[], T], *, seconds: float = 90) -> T:
    """Return what `condition` returns as soon as that is true; fail when it never is.

    What takes long is asked less often: a page that is loaded anew costs processor time.
    """
    began = time.monotonic()
    while (waited := time.monotonic() - began) < seconds:
        if result := condition():
            return result
        time.sleep(min(0.05 + waited / 10, 0.5))
    raise AssertionError(f"not within {seconds} s: {condition.__doc__ or condition}")


def text_of(page) -> str:
    """Return what a reader sees of a Django response: its title and its text."""
    return text_in(page.content.decode())


def text_in(html: str) -> str:
    html = re.sub(r"<(script|style).*?</\1>", " ", html, flags=re.S)
    html = re.sub(r"</?time[^>]*>", "", html)  # within a sentence
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def leads_to(page) -> str:
    """Return where a page sends the browser by itself."""
    return page["Refresh"].partition("url=")[2]


def forget_data_keys() -> None:
    """Read the organizations' data keys anew, as a process does that has just started."""
    from appconnect.organizations.models import (
        sealed,  # scripts import this before Django is set up
    )

    sealed._data_keys.clear()


class SandboxControl:
    """The control interface of a running sandbox."""

    def __init__(self, host: str):
        self.host = host
        self.url = f"http://{host}"
        self._session = requests.Session()
        # Looking for a proxy in the environment takes as long as asking.
        self._session.trust_env = False

    def __enter__(self) -> "SandboxControl":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._session.close()

    def is_alive(self) -> bool:
        try:
            with requests.get(f"{self.url}/healthz", timeout=2) as reply:
                return reply.ok
        except requests.RequestException:
            return False

    def reset(self) -> None:
        self._post("reset")

    def make_call(self, script: str, **call: str) -> str:
        """Play a script and return the call's telephony session id."""
        return self._post("calls", script=script, **call)["telephonySessionId"]

    def switch(self, **faults: Any) -> None:
        self._post("faults", **faults)

    def advance(self, seconds: float) -> None:
        self._post("clock", advanceSeconds=seconds)

    def now(self) -> datetime:
        """Return the sandbox's time."""
        return datetime.fromisoformat(self._get("clock")["now"])

    def register(self, redirect_uri: str) -> None:
        """Let people be sent back to an address after they signed in."""
        self._post("app", redirectUris=[redirect_uri])

    def call_logs(self) -> list[dict[str, Any]]:
        """Return the CRM's call records, the oldest first."""
        return self._get("crm/call-logs")["callLogs"][::-1]

    def copy_call_log(self, log_id: str) -> str:
        """Have the CRM hold a record twice; return the copy's id."""
        return self._post(f"crm/call-logs/{log_id}")["id"]

    def edit_call_log(self, log_id: str, **fields: Any) -> None:
        """Change a record in the CRM, as a person would."""
        reply = self._session.patch(
            f"{self.url}/__sim/crm/call-logs/{log_id}", json=fields, timeout=10
        )
        assert reply.ok, reply.text

    def delete_call_log(self, log_id: str) -> None:
        """Delete a record in the CRM, as a person would."""
        self._session.delete(f"{self.url}/__sim/crm/call-logs/{log_id}", timeout=60)

    def contacts(self) -> list[dict[str, Any]]:
        """Return the CRM's contacts."""
        return self._get("crm/contacts")["contacts"]

    def add_contact(self, **contact: Any) -> dict[str, Any]:
        """Add a contact in the CRM, as a person would."""
        return self._post("crm/contacts", **contact)

    def delete_contact(self, contact_id: str) -> None:
        self._session.delete(f"{self.url}/__sim/crm/contacts/{contact_id}", timeout=60)

    def asked(self, path: str = "") -> list[dict[str, Any]]:
        """Return what was asked of the sandbox, where `path` is part of the path."""
        return [r for r in self._get("requests")["requests"] if path in r["path"]]

    def subscriptions(self) -> list[dict[str, Any]]:
        """Return the subscriptions at RingCentral."""
        return self._get("subscriptions")["subscriptions"]

    def deliveries(self) -> list[dict[str, Any]]:
        """Return what was delivered to the webhook, with status and milliseconds."""
        return self._get("deliveries")["deliveries"]

    def conduct(self) -> dict[str, int]:
        """Return how the program behaved: requests in a penalty, sign-ins at once."""
        told = self._get("requests")
        return {name: told[name] for name in ("inPenalty", "signInsAtOnce")}

    def access_token(self, extension: str) -> str:
        """Sign a person in to RingCentral."""
        reply = requests.post(
            f"{self.url}/restapi/oauth/token",
            data={
                "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
                "assertion": f"sandbox-jwt-{extension}",
            },
            auth=("sandbox-app", "sandbox-secret"),
            timeout=60,
        )
        return reply.json()["access_token"]

    def interop_code(self, access_token: str) -> str:
        """Make a code as the client of a token's owner does, for the sandbox's app."""
        reply = self._session.post(
            f"{self.url}/restapi/v1.0/interop/generate-code",
            json={"clientId": "sandbox-app"},
            headers={"Authorization": f"Bearer {access_token}"},
            timeout=60,
        )
        return reply.json()["code"]

    def get(self, path: str, access_token: str) -> requests.Response:
        """Ask the sandbox's RingCentral, as the owner of a token."""
        headers = {"Authorization": f"Bearer {access_token}"}
        return self._session.get(f"{self.url}{path}", headers=headers, timeout=60)

    def _post(self, path: str, **body: Any) -> Any:
        reply = self._session.post(f"{self.url}/__sim/{path}", json=body, timeout=60)
        assert reply.ok, reply.text
        return reply.json()

    def _get(self, path: str) -> Any:
        return self._session.get(f"{self.url}/__sim/{path}", timeout=60).json()
