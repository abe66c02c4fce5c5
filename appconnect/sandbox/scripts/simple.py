"""Calls between two parties."""

from appconnect.sandbox.ringcentral import seed
from appconnect.sandbox.ringcentral.session import (
    NAMES,
    Session,
    inside,
    internal,
    leg,
    outbound_leg,
    outside,
)
from appconnect.sandbox.scripts.times import RING, TALK


def inbound_answered(call: Session) -> None:
    """Someone calls an extension; it answers."""
    ends = RING + TALK
    sides = {"caller": outside(call.outside), "callee": inside(call.extension)}
    caller = call.add_party("Outbound", **sides)
    agent = call.add_party("Inbound", extension=call.extension, **sides)
    call.notify(0, caller, "Setup")
    call.notify(0, agent, "Setup")
    call.notify(0.1, caller, "Answered")
    call.notify(0.1, agent, "Proceeding")
    call.notify(RING, agent, "Answered")
    call.notify(ends, agent, "Disconnected")
    call.notify(ends, caller, "Disconnected")
    talked = leg(call.extension, "Accepted", start=0, seconds=ends)
    call.add_record("Inbound", "Accepted", legs=[talked], **sides)
    call.has_recording = True


def outbound_answered(call: Session) -> None:
    """An extension calls someone, and puts them on hold once."""
    ends = RING + TALK
    sides = {"caller": inside(call.extension), "callee": outside(call.outside)}
    agent = call.add_party("Outbound", extension=call.extension, **sides)
    callee = call.add_party("Inbound", **sides)
    call.notify(0, agent, "Setup")
    call.notify(0, callee, "Proceeding")
    call.notify(0.1, agent, "Proceeding")
    call.notify(RING, callee, "Answered")
    call.notify(RING, agent, "Answered")
    call.notify(RING + 1, agent, "Hold")
    call.notify(RING + 2, agent, "Answered")
    call.notify(ends, agent, "Disconnected")
    call.notify(ends, callee, "Disconnected")
    talked = outbound_leg(call.extension, "Call connected", seconds=ends)
    call.add_record(
        "Outbound", "Call connected", legs=[talked], action="VoIP Call", **sides
    )
    call.has_recording = True


def delegated(call: Session) -> None:
    """An assistant calls someone for a colleague: the legs are the colleague's."""
    principal = "102" if call.extension != "102" else "103"
    outbound_answered(call)
    for state in call.states:
        state.party["from"] = inside(principal)
    delegate = {"id": seed.extension_id(call.extension), "name": NAMES[call.extension]}
    [record] = call.records
    record["from"] = inside(principal)
    record["legs"] = [
        {
            **outbound_leg(principal, "Call connected", seconds=call.duration),
            "delegate": delegate,
            "delegationType": "Coworker",
        }
    ]


def busy(call: Session) -> None:
    """An extension calls someone whose line is busy."""
    ends = 1.5
    sides = {"caller": inside(call.extension), "callee": outside(call.outside)}
    agent = call.add_party("Outbound", extension=call.extension, **sides)
    callee = call.add_party("Inbound", **sides)
    call.notify(0, agent, "Setup")
    call.notify(0, callee, "Proceeding")
    call.notify(0.1, agent, "Proceeding")
    call.notify(ends, callee, "Disconnected", reason="TargetBusy")
    call.notify(ends, agent, "Disconnected", reason="TargetBusy")
    called = outbound_leg(call.extension, "Busy", seconds=ends)
    call.add_record("Outbound", "Busy", legs=[called], action="VoIP Call", **sides)


def missed(call: Session) -> None:
    """Someone calls an extension, and no one answers."""
    _unanswered(call, result="Missed", code="Disconnected")


def voicemail(call: Session) -> None:
    """Someone calls an extension and leaves a message."""
    _unanswered(call, result="Voicemail", code="VoiceMail")
    call.has_message = True


def _unanswered(call: Session, *, result: str, code: str) -> None:
    ends = 2.0
    sides = {"caller": outside(call.outside), "callee": inside(call.extension)}
    caller = call.add_party("Outbound", **sides)
    agent = call.add_party("Inbound", extension=call.extension, **sides)
    call.notify(0, caller, "Setup")
    call.notify(0, agent, "Setup")
    call.notify(0.1, agent, "Proceeding")
    if code != "Disconnected":
        call.notify(1.0, agent, code)
    call.notify(ends, agent, "Disconnected")
    call.notify(ends, caller, "Disconnected")
    rung = leg(call.extension, result, start=0, seconds=ends)
    call.add_record("Inbound", result, legs=[rung], **sides)


def extension_to_extension(call: Session) -> None:
    """The extension calls a colleague; both are ours."""
    colleague = "102" if call.extension != "102" else "103"
    ends = RING + TALK
    sides = internal(call.extension, colleague)
    caller = call.add_party("Outbound", extension=call.extension, **sides)
    callee = call.add_party("Inbound", extension=colleague, **sides)
    call.notify(0, caller, "Setup")
    call.notify(0, callee, "Setup")
    call.notify(0.1, caller, "Answered")
    call.notify(0.1, callee, "Proceeding")
    call.notify(RING, callee, "Answered")
    call.notify(RING + 1, caller, "Hold")
    call.notify(RING + 2, caller, "Answered")
    call.notify(ends, caller, "Disconnected")
    call.notify(ends, callee, "Disconnected")
    legs = [leg(colleague, "Accepted", start=0, seconds=ends)]
    call.add_record("Outbound", "Call connected", legs=legs, **sides)


def colleague_number(call: Session) -> None:
    """The extension dials a colleague's direct number: the record does not say whose it is."""
    _calls_own_number(call, "102" if call.extension != "102" else "103")


def main_number(call: Session) -> None:
    """The extension dials the company's main number, and reaches the menu."""
    _calls_own_number(call, seed.IVR, dialed=seed.MAIN_NUMBER)


def _calls_own_number(call: Session, callee: str, *, dialed: str = "") -> None:
    ends = RING + TALK
    to = {"phoneNumber": dialed or seed.direct_number(callee)}
    sides = {"caller": inside(call.extension), "callee": to}
    caller = call.add_party("Outbound", extension=call.extension, **sides)
    called = call.add_party("Inbound", extension=callee, **sides)
    call.notify(0, caller, "Setup")
    call.notify(0, called, "Setup")
    call.notify(0.1, called, "Proceeding")
    call.notify(RING, called, "Answered")
    call.notify(RING, caller, "Answered")
    call.notify(ends, caller, "Disconnected")
    call.notify(ends, called, "Disconnected")
    legs = [
        outbound_leg(call.extension, "Call connected", seconds=ends),
        leg(callee, "Accepted", start=0, seconds=ends),
    ]
    call.add_record(
        "Outbound", "Call connected", legs=legs, action="VoIP Call", **sides
    )


def anonymous(call: Session) -> None:
    """Someone who withholds their number calls an extension."""
    call.outside = seed.ANONYMOUS
    inbound_answered(call)


def unknown_number(call: Session) -> None:
    """Someone who is not in the CRM calls an extension."""
    call.outside = seed.UNKNOWN_NUMBER
    inbound_answered(call)


def masked_number(call: Session) -> None:
    """Someone calls whose number RingCentral shows only in part."""
    call.outside = seed.MASKED
    inbound_answered(call)


def short_recording(call: Session) -> None:
    """Someone calls and is recorded, too short for the recording to be kept."""
    inbound_answered(call)
    call.has_recording = False
    call.records[0]["shortRecording"] = True


def overnight(call: Session) -> None:
    """A call ends that began more than a day ago, across midnight."""
    duration = 26 * 3600.0
    sides = {"caller": outside(call.outside), "callee": inside(call.extension)}
    caller = call.add_party("Outbound", **sides)
    agent = call.add_party("Inbound", extension=call.extension, **sides)
    call.starts_in = TALK - duration
    call.notify(0, caller, "Setup")
    call.notify(0, agent, "Setup")
    call.notify(0.1, caller, "Answered")
    call.notify(RING, agent, "Answered")
    call.notify(duration, agent, "Disconnected")
    call.notify(duration, caller, "Disconnected")
    talked = leg(call.extension, "Accepted", start=0, seconds=duration)
    call.add_record("Inbound", "Accepted", legs=[talked], **sides)


def other_account(call: Session) -> None:
    """Someone from another RingCentral account calls: their party names that account."""
    inbound_answered(call)
    caller = call.states[0].party
    caller["accountId"] = "999000999"
