"""Everything that is so in the sandbox, in one process and in memory."""

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
    """A RingCentral account and a CRM that know nothing of each other."""

    def __init__(self):
        self.clock = Clock()
        self._senders = ThreadPoolExecutor(max_workers=8, thread_name_prefix="sender")
        self.redirect_uris: set[str] = set()
        """Where the app may have people sent back to: its registration, not reset."""
        self.reset()

    def reset(self) -> None:
        """Begin afresh: what was subscribed, called and written is gone."""
        self.clock.clear()
        self.account = Account(self.clock)
        self.sign_ins = SignIns(self.clock)
        self.planned = PlannedReplies()
        self.running: dict[str, dict[str, Any]] = {}
        """What was last said of each session that goes on."""
        self.subscriptions = Subscriptions(self.clock, self._senders)
        self.call_log = CallLog(self.clock)
        self.crm = Crm(self.clock)
        self.calls: deque[dict[str, Any]] = deque(maxlen=10_000)
        self.requests: deque[dict[str, Any]] = deque(maxlen=10_000)

    def make_call(self, script: str, *, outside: str, extension: str) -> Session:
        """Play a script, beginning now; raises `KeyError` for one that there is not."""
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
        """Tell every subscriber of a change, and keep it as long as the session goes on."""
        session = body["telephonySessionId"]
        if is_last:
            self.running.pop(session, None)
        else:
            self.running[session] = body
        self.subscriptions.publish(body)


sandbox = Sandbox()
