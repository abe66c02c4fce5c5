"""Calls that move from one extension to another, or ring several."""

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
    """Someone reaches the menu and is put through: one party ends while the call goes on."""
    answered, ends = 1.5 + RING, 1.5 + RING + TALK
    sides = {"caller": outside(call.outside), "callee": inside(call.extension)}
    menu_sides = {"caller": outside(call.outside), "callee": inside(seed.IVR)}
    caller = call.add_party("Outbound", **menu_sides)
    menu = call.add_party("Inbound", extension=seed.IVR, **menu_sides)
    agent = call.add_party("Inbound", extension=call.extension, **sides)
    call.notify(0, caller, "Setup")
    call.notify(0, menu, "Setup")
    call.notify(0.1, caller, "Answered")
    call.notify(1.5, menu, "Disconnected", reason="CallerInputRedirect")
    call.notify(1.504, agent, "Setup")
    call.notify(1.6, agent, "Proceeding")
    call.notify(answered, agent, "Answered")
    call.notify(ends, agent, "Disconnected")
    call.notify(ends, caller, "Disconnected")
    talked = leg(call.extension, "Accepted", start=1.5, seconds=ends - 1.5)
    menu_leg = leg(seed.IVR, "Accepted", start=0, seconds=1.5)
    call.add_record("Inbound", "Accepted", legs=[menu_leg, talked], **sides)


def queue(call: Session) -> None:
    """Someone calls the queue: three agents ring, the extension's (or the second) answers."""
    members = seed.QUEUE_MEMBERS
    winner = call.extension if call.extension in members else members[1]
    ends = RING + TALK
    queue_sides = {"caller": outside(call.outside), "callee": inside(seed.QUEUE)}
    caller = call.add_party("Outbound", **queue_sides)
    waiting = call.add_party("Inbound", extension=seed.QUEUE, **queue_sides)
    call.notify(0, caller, "Setup")
    call.notify(0, waiting, "Setup")
    call.notify(0.1, waiting, "Answered")
    legs = [leg(seed.QUEUE, "Accepted", start=0, seconds=RING)]
    for member in members:
        agent = call.add_party(
            "Inbound", extension=member, queueCall=True, **queue_sides
        )
        call.notify(0.2, agent, "Setup")
        call.notify(0.2, agent, "Proceeding")
        if member == winner:
            call.notify(RING, agent, "Answered")
            call.notify(ends, agent, "Disconnected")
            legs.append(leg(member, "Accepted", start=RING, seconds=TALK))
        else:
            call.notify(RING, agent, "Disconnected", reason="AgentAnswered")
            legs.append(leg(member, "Missed", start=0.2, seconds=RING))
    call.notify(RING, waiting, "Disconnected")
    call.notify(ends, caller, "Disconnected")
    call.add_record("Inbound", "Accepted", legs=legs, **queue_sides)


def blind_transfer(call: Session) -> None:
    """Someone calls an extension, which passes them on to a colleague unseen."""
    colleague = colleague_of(call)
    passes, ends = RING + TALK, RING + TALK + RING + TALK
    sides = {"caller": outside(call.outside), "callee": inside(call.extension)}
    onward = {"caller": outside(call.outside), "callee": inside(colleague)}
    caller = call.add_party("Outbound", **sides)
    first = call.add_party("Inbound", extension=call.extension, **sides)
    second = call.add_party("Inbound", extension=colleague, **onward)
    call.notify(0, caller, "Setup")
    call.notify(0, first, "Setup")
    call.notify(0.1, first, "Proceeding")
    call.notify(RING, first, "Answered")
    call.notify(passes, first, "Disconnected", reason="BlindTransfer")
    call.notify(passes + 0.01, second, "Setup")
    call.notify(passes + 0.1, second, "Proceeding")
    call.notify(passes + RING, second, "Answered")
    call.notify(ends, second, "Disconnected")
    call.notify(ends, caller, "Disconnected")
    legs = [
        leg(call.extension, "Accepted", start=0, seconds=passes),
        leg(colleague, "Accepted", start=passes, seconds=ends - passes),
    ]
    call.add_record("Inbound", "Accepted", legs=legs, **sides)


def forwarded(call: Session) -> None:
    """Someone calls an extension, whose owner answers on a mobile: two records say so."""
    answered, ends = 2 * RING, 2 * RING + TALK
    mobile = {"phoneNumber": "+14155550909", "name": "SAN FRANCISCO CA"}
    sides = {"caller": outside(call.outside), "callee": inside(call.extension)}
    caller = call.add_party("Outbound", **sides)
    agent = call.add_party("Inbound", extension=call.extension, **sides)
    call.notify(0, caller, "Setup")
    call.notify(0, agent, "Setup")
    call.notify(RING, agent, "Proceeding")
    call.notify(answered, agent, "Answered")
    call.notify(ends, agent, "Disconnected")
    call.notify(ends, caller, "Disconnected")
    talked = leg(call.extension, "Accepted", start=0, seconds=ends)
    call.add_record("Inbound", "Accepted", legs=[talked], **sides)
    onward = outbound_leg(call.extension, "Call connected", seconds=ends - RING)
    call.add_record(
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
    internal_sides = {"caller": inside(call.extension), "callee": inside(colleague)}
    consulting = consultation.add_party(
        "Outbound", extension=call.extension, **internal_sides
    )
    consulted = consultation.add_party("Inbound", extension=colleague, **internal_sides)
    call.notify(0, caller, "Setup")
    call.notify(0, first, "Setup")
    call.notify(RING, first, "Answered")
    call.notify(consults, first, "Hold")
    consultation.starts_in = consults
    consultation.notify(0, consulting, "Setup")
    consultation.notify(0, consulted, "Setup")
    consultation.notify(RING, consulted, "Answered")
    peer = {
        "sessionId": call.session_id,
        "telephonySessionId": call.telephony_session_id,
        "partyId": second["id"],
    }
    moved = {"reason": "AttendedTransfer"}
    consultation.notify(joins - consults, consulting, "Disconnected", **moved)
    consultation.notify(joins - consults, consulted, "Gone", peerId=peer, **moved)
    call.notify(joins, first, "Disconnected", reason="AttendedTransfer")
    call.notify(joins + 0.01, second, "Answered")
    call.notify(ends, second, "Disconnected")
    call.notify(ends, caller, "Disconnected")
    legs = [
        leg(call.extension, "Accepted", start=0, seconds=joins),
        leg(colleague, "Accepted", start=joins, seconds=ends - joins),
    ]
    target = {"telephonySessionId": consultation.telephony_session_id}
    call.add_record("Inbound", "Accepted", legs=legs, transferTarget=target, **sides)
    consulted_leg = leg(colleague, "Accepted", start=0, seconds=joins - consults)
    back = {"telephonySessionId": call.telephony_session_id}
    consultation.add_record(
        "Outbound",
        "Call connected",
        legs=[consulted_leg],
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
    call.notify(0, caller, "Setup")
    call.notify(0, first, "Setup")
    call.notify(RING, first, "Answered")
    call.notify(parks, first, "Disconnected", reason="CallPark")
    call.notify(parks, caller, "Parked", parkData="*801")
    call.notify(picks, second, "Answered", reason="Pickup")
    call.notify(ends, second, "Disconnected")
    call.notify(ends, caller, "Disconnected")
    legs = [
        leg(call.extension, "Accepted", start=0, seconds=parks),
        leg(colleague, "Accepted", start=picks, seconds=TALK),
    ]
    call.add_record("Inbound", "Accepted", legs=legs, **sides)


def conference(call: Session) -> None:
    """The extension calls someone and merges the call into a conference."""
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
    call.notify(0, agent, "Setup")
    call.notify(0, callee, "Proceeding")
    call.notify(RING, callee, "Answered")
    call.notify(RING, agent, "Answered")
    call.notify(merges, agent, "Gone", reason="Conference", peerId=peer)
    call.notify(merges, callee, "Gone", reason="Conference", peerId=peer)
    meeting.starts_in = merges
    meeting.notify(0, host, "Setup")
    meeting.notify(0.1, host, "Answered")
    meeting.notify(ends - merges, host, "Disconnected")
    talked = outbound_leg(call.extension, "Call connected", seconds=merges)
    call.add_record("Outbound", "Call connected", legs=[talked], **sides)
    joined = outbound_leg(call.extension, "Call connected", seconds=ends - merges)
    meeting.add_record(
        "Outbound", "Call connected", legs=[joined], action="Conference Call", **room
    )


def colleague_of(call: Session) -> str:
    """Return the number of another extension than the call's own."""
    return "102" if call.extension != "102" else "103"
