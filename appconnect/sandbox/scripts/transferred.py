"""A warm transfer whose second talk is in the consultation's session."""

from appconnect.sandbox.ringcentral.session import (
    Session,
    inside,
    internal,
    leg,
    outside,
)
from appconnect.sandbox.scripts.routed import colleague_of
from appconnect.sandbox.scripts.times import RING, TALK


def warm_transfer(call: Session) -> None:
    """The extension asks a colleague first, and hands the caller over to that session.

    The two records name each other; the second has the colleague's talk with both.
    """
    colleague = colleague_of(call)
    consults, joins = 1 + TALK, 1 + TALK + 2
    ends = joins + TALK
    sides = {"caller": outside(call.outside), "callee": inside(call.extension)}
    caller = call.add_party("Outbound", **sides)
    agent = call.add_party("Inbound", extension=call.extension, **sides)
    onward = call.add_session(colleague)
    onward.starts_in = consults
    internal_sides = internal(call.extension, colleague)
    consulting = onward.add_party(
        "Outbound", extension=call.extension, **internal_sides
    )
    consulted = onward.add_party("Inbound", extension=colleague, **internal_sides)
    joined = onward.add_party("Outbound", **sides)
    call.notify(0, caller, "Setup")
    call.notify(0, agent, "Setup")
    call.notify(RING, agent, "Answered")
    call.notify(consults, agent, "Hold")
    onward.notify(0, consulting, "Setup")
    onward.notify(0, consulted, "Setup")
    onward.notify(RING, consulted, "Answered")
    peer = {
        "sessionId": onward.session_id,
        "telephonySessionId": onward.telephony_session_id,
        "partyId": joined["id"],
    }
    moved = {"reason": "AttendedTransfer"}
    call.notify(joins, agent, "Disconnected", **moved)
    call.notify(joins, caller, "Gone", peerId=peer, **moved)
    onward.notify(joins - consults, consulting, "Disconnected", **moved)
    onward.notify(joins - consults + 0.01, joined, "Answered")
    onward.notify(ends - consults, consulted, "Disconnected")
    onward.notify(ends - consults, joined, "Disconnected")
    talked = leg(call.extension, "Accepted", start=0, seconds=joins)
    target = {"telephonySessionId": onward.telephony_session_id}
    call.add_record(
        "Inbound", "Accepted", legs=[talked], transferTarget=target, **sides
    )
    call.has_recording = True
    held = leg(colleague, "Accepted", start=0, seconds=ends - consults)
    back = {"telephonySessionId": call.telephony_session_id}
    onward.add_record(
        "Outbound", "Call connected", legs=[held], transferee=back, **internal_sides
    )
