"""The calls that the sandbox can make, by name.

The order of events in `inbound_answered`, `outbound_answered`, `ivr` and
`extension_to_extension` is the one RingCentral's published captures show; the others
follow its documented rules and are synthetic.
"""

from collections.abc import Callable

from appconnect.sandbox import seed
from appconnect.sandbox.session import Session, inside, leg, outside

RING, TALK = 0.5, 3.0
"""Seconds that a phone rings, and that people then talk."""


def inbound_answered(call: Session) -> None:
    """Somebody calls an extension; it answers."""
    ends = RING + TALK
    sides = {"caller": outside(call.outside), "callee": inside(call.extension)}
    caller = call.add_party("Outbound", **sides)
    agent = call.add_party("Inbound", extension=call.extension, **sides)
    call.tell(0, caller, "Setup")
    call.tell(0, agent, "Setup")
    call.tell(0.1, caller, "Answered")
    call.tell(0.1, agent, "Proceeding")
    call.tell(RING, agent, "Answered")
    call.tell(ends, agent, "Disconnected")
    call.tell(ends, caller, "Disconnected")
    talked = leg(call.extension, "Accepted", start=0, seconds=ends)
    call.log("Inbound", "Accepted", legs=[talked], **sides)


def outbound_answered(call: Session) -> None:
    """An extension calls somebody, and puts them on hold once."""
    ends = RING + TALK
    sides = {"caller": inside(call.extension), "callee": outside(call.outside)}
    agent = call.add_party("Outbound", extension=call.extension, **sides)
    callee = call.add_party("Inbound", **sides)
    call.tell(0, agent, "Setup")
    call.tell(0, callee, "Proceeding")
    call.tell(0.1, agent, "Proceeding")
    call.tell(RING, callee, "Answered")
    call.tell(RING, agent, "Answered")
    call.tell(RING + 1, agent, "Hold")
    call.tell(RING + 2, agent, "Answered")
    call.tell(ends, agent, "Disconnected")
    call.tell(ends, callee, "Disconnected")
    talked = {
        **leg(call.extension, "Call connected", start=0, seconds=ends),
        "direction": "Outbound",
    }
    call.log("Outbound", "Call connected", legs=[talked], action="VoIP Call", **sides)


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


def missed(call: Session) -> None:
    """Somebody calls an extension, and nobody answers."""
    _unanswered(call, result="Missed", code="Disconnected")


def voicemail(call: Session) -> None:
    """Somebody calls an extension and leaves a message."""
    _unanswered(call, result="Voicemail", code="VoiceMail")


def _unanswered(call: Session, *, result: str, code: str) -> None:
    ends = 2.0
    sides = {"caller": outside(call.outside), "callee": inside(call.extension)}
    caller = call.add_party("Outbound", **sides)
    agent = call.add_party("Inbound", extension=call.extension, **sides)
    call.tell(0, caller, "Setup")
    call.tell(0, agent, "Setup")
    call.tell(0.1, agent, "Proceeding")
    if code != "Disconnected":
        call.tell(1.0, agent, code)
    call.tell(ends, agent, "Disconnected")
    call.tell(ends, caller, "Disconnected")
    rung = leg(call.extension, result, start=0, seconds=ends)
    call.log("Inbound", result, legs=[rung], **sides)


def extension_to_extension(call: Session) -> None:
    """The extension calls a colleague; both are ours."""
    colleague = "102" if call.extension != "102" else "103"
    ends = RING + TALK
    caller_side = {
        **inside(call.extension),
        "phoneNumber": call.extension,
        "extensionNumber": call.extension,
    }
    callee_side = {
        **inside(colleague),
        "phoneNumber": colleague,
        "extensionNumber": colleague,
    }
    sides = {"caller": caller_side, "callee": callee_side}
    caller = call.add_party("Outbound", extension=call.extension, **sides)
    callee = call.add_party("Inbound", extension=colleague, **sides)
    call.tell(0, caller, "Setup")
    call.tell(0, callee, "Setup")
    call.tell(0.1, caller, "Answered")
    call.tell(0.1, callee, "Proceeding")
    call.tell(RING, callee, "Answered")
    call.tell(RING + 1, caller, "Hold")
    call.tell(RING + 2, caller, "Answered")
    call.tell(ends, caller, "Disconnected")
    call.tell(ends, callee, "Disconnected")
    legs = [leg(colleague, "Accepted", start=0, seconds=ends)]
    call.log("Outbound", "Call connected", legs=legs, **sides)


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
    colleague = "102" if call.extension != "102" else "103"
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


def anonymous(call: Session) -> None:
    """Somebody who withholds their number calls an extension."""
    call.outside = seed.ANONYMOUS
    inbound_answered(call)


def unknown_number(call: Session) -> None:
    """Somebody whom the CRM does not know calls an extension."""
    call.outside = seed.UNKNOWN_NUMBER
    inbound_answered(call)


SCRIPTS: dict[str, Callable[[Session], None]] = {
    script.__name__: script
    for script in (
        inbound_answered,
        outbound_answered,
        ivr,
        missed,
        voicemail,
        extension_to_extension,
        queue,
        blind_transfer,
        anonymous,
        unknown_number,
    )
}
