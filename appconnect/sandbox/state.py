"""The state of the sandbox: one object, in the memory of one process."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from appconnect.sandbox.crm import Crm
from appconnect.sandbox.planned import PlannedReplies
from appconnect.sandbox.ringcentral import seed
from appconnect.sandbox.ringcentral.account import Account
from appconnect.sandbox.ringcentral.call_log import CallLog
from appconnect.sandbox.ringcentral.clock import Clock
from appconnect.sandbox.ringcentral.session import Session
from appconnect.sandbox.ringcentral.sign_in import SignIns
from appconnect.sandbox.ringcentral.subscriptions import Subscriptions
from appconnect.sandbox.scripts import SCRIPTS


class Sandbox:
    """A RingCentral account and a CRM, independent of each other."""

    def __init__(self):
        self.clock = Clock()
        self._senders = ThreadPoolExecutor(max_workers=8, thread_name_prefix="sender")
        self.redirect_uris: set[str] = set()
        """The redirect URIs registered for the app; `reset` keeps them."""
        self.reset()

    def reset(self) -> None:
        """Delete all subscriptions, calls and CRM records, and go back to real time."""
        self.clock.clear()
        self.account = Account(self.clock)
        self.sign_ins = SignIns(self.clock)
        self.planned = PlannedReplies()
        self.running: dict[str, dict[str, Any]] = {}
        """Session id → the latest notification of each session that has not ended."""
        self.subscriptions = Subscriptions(self.clock, self._senders)
        self.call_log = CallLog(self.clock)
        self.crm = Crm(self.clock)
        self.calls: deque[dict[str, Any]] = deque(maxlen=10_000)
        self.requests: deque[dict[str, Any]] = deque(maxlen=10_000)

    def make_call(self, script: str, *, outside: str, extension: str) -> Session:
        """Play a script from now on. Raises `KeyError` for an unknown script."""
        call = Session(
            outside=outside or seed.CONTACTS[0][2],
            extension=extension or seed.ADMIN_EXTENSION,
        )
        SCRIPTS[script](call)
        for session in (call, *call.others):
            session.play(self.clock, self.publish, self.call_log)
        self.calls.appendleft(
            {
                "script": script,
                "telephonySessionId": call.telephony_session_id,
                "outside": call.outside,
                "extension": call.extension,
                "startedAt": self.clock.now().isoformat(),
                "seconds": call.duration,
            }
        )
        return call

    def publish(self, body: dict[str, Any], *, is_last: bool) -> None:
        """Notify every subscriber of a change, and keep it until the session ends."""
        session = body["telephonySessionId"]
        if is_last:
            self.running.pop(session, None)
        else:
            self.running[session] = body
        self.subscriptions.publish(body)


sandbox = Sandbox()
