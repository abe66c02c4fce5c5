"""Calls that move from one of ours to another, or ring several."""

from appconnect.sandbox.ringcentral import seed
from appconnect.sandbox.ringcentral.session import (
    Session,
    inside,
    internal,
    leg,
    outbound_leg,
    outside,
)
from appconnect.sandbox.scripts.times import RING, TALK


def ivr(call: Session) -> None:
    """Somebody reaches the menu and is put through: one party ends while the call goes on."""
    answered, ends = 1.5 + RING, 1.5 + RING + TALK
    sides = {"caller": outside(call.outside), "callee": inside(call.extension)}
    menu_sides = {"caller": outside(call.outside), "callee": inside(seed.IVR)}
    caller = call.add_party("Outbound", **menu_sides)
    menu = call.add_party("Inbound", extension=seed.IVR, **menu_sides)
    agent = call.add_party("Inbound", extension=call.extension, **sides)
    call.tell(0, caller, "Setup")
    call.tell(0, menu, "Setup")
    call.tell(0.1, caller, "Answered")
    call.tell(1.5, menu, "Disconnected", reason="CallerInputRedirect")
    call.tell(1.504, agent, "Setup")
    call.tell(1.6, agent, "Proceeding")
    call.tell(answered, agent, "Answered")
    call.tell(ends, agent, "Disconnected")
    call.tell(ends, caller, "Disconnected")
    talked = leg(call.extension, "Accepted", start=1.5, seconds=ends - 1.5)
    menu_leg = leg(seed.IVR, "Accepted", start=0, seconds=1.5)
    call.log("Inbound", "Accepted", legs=[menu_leg, talked], **sides)


def queue(call: Session) -> None:
    """Somebody calls the queue: three agents ring, the extension's (or the second) answers."""
    members = seed.QUEUE_MEMBERS
    winner = call.extension if call.extension in members else members[1]
    ends = RING + TALK
    queue_sides = {"caller": outside(call.outside), "callee": inside(seed.QUEUE)}
    caller = call.add_party("Outbound", **queue_sides)
    waiting = call.add_party("Inbound", extension=seed.QUEUE, **queue_sides)
    call.tell(0, caller, "Setup")
    call.tell(0, waiting, "Setup")
    call.tell(0.1, waiting, "Answered")
    legs = [leg(seed.QUEUE, "Accepted", start=0, seconds=RING)]
    for member in members:
        agent = call.add_party(
            "Inbound", extension=member, queueCall=True, **queue_sides
        )
        call.tell(0.2, agent, "Setup")
        call.tell(0.2, agent, "Proceeding")
        if member == winner:
            call.tell(RING, agent, "Answered")
            call.tell(ends, agent, "Disconnected")
            legs.append(leg(member, "Accepted", start=RING, seconds=TALK))
        else:
            call.tell(RING, agent, "Disconnected", reason="AgentAnswered")
            legs.append(leg(member, "Missed", start=0.2, seconds=RING))
    call.tell(RING, waiting, "Disconnected")
    call.tell(ends, caller, "Disconnected")
    call.log("Inbound", "Accepted", legs=legs, **queue_sides)


def blind_transfer(call: Session) -> None:
    """Somebody calls an extension, which passes them on to a colleague unseen."""
    colleague = colleague_of(call)
    passes, ends = RING + TALK, RING + TALK + RING + TALK
    sides = {"caller": outside(call.outside), "callee": inside(call.extension)}
    onward = {"caller": outside(call.outside), "callee": inside(colleague)}
    caller = call.add_party("Outbound", **sides)
    first = call.add_party("Inbound", extension=call.extension, **sides)
    second = call.add_party("Inbound", extension=colleague, **onward)
    call.tell(0, caller, "Setup")
    call.tell(0, first, "Setup")
    call.tell(0.1, first, "Proceeding")
    call.tell(RING, first, "Answered")
    call.tell(passes, first, "Disconnected", reason="BlindTransfer")
    call.tell(passes + 0.01, second, "Setup")
    call.tell(passes + 0.1, second, "Proceeding")
    call.tell(passes + RING, second, "Answered")
    call.tell(ends, second, "Disconnected")
    call.tell(ends, caller, "Disconnected")
    legs = [
        leg(call.extension, "Accepted", start=0, seconds=passes),
        leg(colleague, "Accepted", start=passes, seconds=ends - passes),
    ]
    call.log("Inbound", "Accepted", legs=legs, **sides)


def forwarded(call: Session) -> None:
    """Somebody calls an extension, whose owner answers on a mobile: two records say so."""
    answered, ends = 2 * RING, 2 * RING + TALK
    mobile = {"phoneNumber": "+14155550909", "name": "SAN FRANCISCO CA"}
    sides = {"caller": outside(call.outside), "callee": inside(call.extension)}
    caller = call.add_party("Outbound", **sides)
    agent = call.add_party("Inbound", extension=call.extension, **sides)
    call.tell(0, caller, "Setup")
    call.tell(0, agent, "Setup")
    call.tell(RING, agent, "Proceeding")
    call.tell(answered, agent, "Answered")
    call.tell(ends, agent, "Disconnected")
    call.tell(ends, caller, "Disconnected")
    talked = leg(call.extension, "Accepted", start=0, seconds=ends)
    call.log("Inbound", "Accepted", legs=[talked], **sides)
    onward = outbound_leg(call.extension, "Call connected", seconds=ends - RING)
    call.log(
        "Outbound",
        "Call connected",
        legs=[{**onward, "legType": "FindMe", "startTime": RING}],
        action="FindMe",
        caller=inside(call.extension),
        callee=mobile,
    )


def attended_transfer(call: Session) -> None:
    """The extension asks a colleague first, then joins the caller and the colleague.

    The consultation is a session of its own; the colleague leaves it and becomes a
    party of the caller's session.
    """
    colleague = colleague_of(call)
    consults, joins = RING + TALK, RING + TALK + 2
    ends = joins + TALK
    sides = {"caller": outside(call.outside), "callee": inside(call.extension)}
    caller = call.add_party("Outbound", **sides)
    first = call.add_party("Inbound", extension=call.extension, **sides)
    second = call.add_party(
        "Inbound",
        extension=colleague,
        caller=outside(call.outside),
        callee=inside(colleague),
    )
    consultation = call.add_session(colleague)
    within = {"caller": inside(call.extension), "callee": inside(colleague)}
    asking = consultation.add_party("Outbound", extension=call.extension, **within)
    asked = consultation.add_party("Inbound", extension=colleague, **within)
    call.tell(0, caller, "Setup")
    call.tell(0, first, "Setup")
    call.tell(RING, first, "Answered")
    call.tell(consults, first, "Hold")
    consultation.begins_in = consults
    consultation.tell(0, asking, "Setup")
    consultation.tell(0, asked, "Setup")
    consultation.tell(RING, asked, "Answered")
    peer = {
        "sessionId": call.session_id,
        "telephonySessionId": call.telephony_session_id,
        "partyId": second["id"],
    }
    moved = {"reason": "AttendedTransfer"}
    consultation.tell(joins - consults, asking, "Disconnected", **moved)
    consultation.tell(joins - consults, asked, "Gone", peerId=peer, **moved)
    call.tell(joins, first, "Disconnected", reason="AttendedTransfer")
    call.tell(joins + 0.01, second, "Answered")
    call.tell(ends, second, "Disconnected")
    call.tell(ends, caller, "Disconnected")
    legs = [
        leg(call.extension, "Accepted", start=0, seconds=joins),
        leg(colleague, "Accepted", start=joins, seconds=ends - joins),
    ]
    target = {"telephonySessionId": consultation.telephony_session_id}
    call.log("Inbound", "Accepted", legs=legs, transferTarget=target, **sides)
    asked_leg = leg(colleague, "Accepted", start=0, seconds=joins - consults)
    back = {"telephonySessionId": call.telephony_session_id}
    consultation.log(
        "Outbound",
        "Call connected",
        legs=[asked_leg],
        transferee=back,
        **internal(call.extension, colleague),
    )


def park_pickup(call: Session) -> None:
    """The extension parks the caller; a colleague picks them up."""
    colleague = colleague_of(call)
    parks, picks = RING + TALK, RING + TALK + 2
    ends = picks + TALK
    sides = {"caller": outside(call.outside), "callee": inside(call.extension)}
    caller = call.add_party("Outbound", **sides)
    first = call.add_party("Inbound", extension=call.extension, **sides)
    second = call.add_party(
        "Inbound",
        extension=colleague,
        caller=outside(call.outside),
        callee=inside(colleague),
    )
    call.tell(0, caller, "Setup")
    call.tell(0, first, "Setup")
    call.tell(RING, first, "Answered")
    call.tell(parks, first, "Disconnected", reason="CallPark")
    call.tell(parks, caller, "Parked", parkData="*801")
    call.tell(picks, second, "Answered", reason="Pickup")
    call.tell(ends, second, "Disconnected")
    call.tell(ends, caller, "Disconnected")
    legs = [
        leg(call.extension, "Accepted", start=0, seconds=parks),
        leg(colleague, "Accepted", start=picks, seconds=TALK),
    ]
    call.log("Inbound", "Accepted", legs=legs, **sides)


def conference(call: Session) -> None:
    """The extension calls somebody and merges the call into a conference."""
    merges, ends = RING + TALK, RING + TALK + TALK
    sides = {"caller": inside(call.extension), "callee": outside(call.outside)}
    agent = call.add_party("Outbound", extension=call.extension, **sides)
    callee = call.add_party("Inbound", **sides)
    meeting = call.add_session(call.extension)
    meeting.origin, meeting.session_id = "Conference", "0"
    room = {"caller": inside(call.extension), "callee": {"phoneNumber": "conference"}}
    host = meeting.add_party(
        "Outbound", extension=call.extension, conferenceRole="Host", **room
    )
    peer = {
        "sessionId": "0",
        "telephonySessionId": meeting.telephony_session_id,
        "partyId": host["id"],
    }
    call.tell(0, agent, "Setup")
    call.tell(0, callee, "Proceeding")
    call.tell(RING, callee, "Answered")
    call.tell(RING, agent, "Answered")
    call.tell(merges, agent, "Gone", reason="Conference", peerId=peer)
    call.tell(merges, callee, "Gone", reason="Conference", peerId=peer)
    meeting.begins_in = merges
    meeting.tell(0, host, "Setup")
    meeting.tell(0.1, host, "Answered")
    meeting.tell(ends - merges, host, "Disconnected")
    talked = outbound_leg(call.extension, "Call connected", seconds=merges)
    call.log("Outbound", "Call connected", legs=[talked], **sides)
    joined = outbound_leg(call.extension, "Call connected", seconds=ends - merges)
    meeting.log(
        "Outbound", "Call connected", legs=[joined], action="Conference Call", **room
    )


def colleague_of(call: Session) -> str:
    """Return the number of another extension than the call's own."""
    return "102" if call.extension != "102" else "103"
