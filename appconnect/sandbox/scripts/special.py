"""Calls other than phone calls between people: faxes, RingOut, calls that a machine answers."""

from appconnect.sandbox.ringcentral import seed
from appconnect.sandbox.ringcentral.session import (
    Session,
    inside,
    leg,
    outbound_leg,
    outside,
)
from appconnect.sandbox.scripts.times import RING, TALK


def fax(call: Session) -> None:
    """Someone sends a fax to an extension."""
    ends = 2.0
    sides = {"caller": outside(call.outside), "callee": inside(call.extension)}
    caller = call.add_party("Outbound", **sides)
    machine = call.add_party("Inbound", extension=call.extension, **sides)
    call.notify(0, caller, "Setup")
    call.notify(0, machine, "Setup")
    call.notify(0.1, machine, "FaxReceive")
    call.notify(ends, machine, "Disconnected")
    call.notify(ends, caller, "Disconnected")
    received = {
        **leg(call.extension, "Received", start=0, seconds=ends),
        "action": "Incoming Fax",
    }
    call.add_record(
        "Inbound",
        "Received",
        legs=[received],
        type="Fax",
        action="Incoming Fax",
        message={"id": "4711", "type": "Fax"},
        **sides,
    )


def ring_out(call: Session) -> None:
    """The extension presses a number on the web: both phones ring, the own one first."""
    ends = RING + RING + TALK
    call.origin = "RingOut"
    sides = {"caller": inside(call.extension), "callee": outside(call.outside)}
    agent = call.add_party(
        "Outbound", extension=call.extension, ringOutRole="Initiator", **sides
    )
    target = call.add_party("Inbound", ringOutRole="Target", **sides)
    call.notify(0, agent, "Setup")
    call.notify(RING, agent, "Answered")
    call.notify(RING, target, "Proceeding")
    call.notify(2 * RING, target, "Answered")
    call.notify(ends, agent, "Disconnected")
    call.notify(ends, target, "Disconnected")
    own = outbound_leg(call.extension, "Call connected", seconds=ends)
    called = {**own, "legType": "RingOutWebToCaller"}
    call.add_record(
        "Outbound", "Call connected", legs=[own, called], action="RingOut Web", **sides
    )


def verification_call(call: Session) -> None:
    """RingCentral calls the extension itself, to verify a number."""
    ends = 1.0
    call.origin = "VerificationCall"
    sides = {"caller": outside(call.outside), "callee": inside(call.extension)}
    agent = call.add_party("Inbound", extension=call.extension, **sides)
    call.notify(0, agent, "Setup")
    call.notify(RING, agent, "Answered")
    call.notify(ends, agent, "Disconnected")
    verified = leg(call.extension, "Accepted", start=0, seconds=ends)
    call.add_record(
        "Inbound",
        "Accepted",
        legs=[verified],
        internalType="VerificationNumber",
        **sides,
    )


def message_only(call: Session) -> None:
    """Someone leaves a message at the message-only extension."""
    _machine_answers(
        call, seed.MESSAGE_ONLY, result="Voicemail", code="VoiceMail", seconds=2.0
    )
    call.has_message = True


def ai_receptionist(call: Session) -> None:
    """Someone calls and talks to the AI receptionist alone."""
    _machine_answers(
        call, seed.AI_RECEPTIONIST, result="Accepted", code="Answered", seconds=TALK
    )
    call.records[0]["legs"][0]["legType"] = "IvaCall"


def _machine_answers(
    call: Session, machine: str, *, result: str, code: str, seconds: float
) -> None:
    sides = {"caller": outside(call.outside), "callee": inside(machine)}
    caller = call.add_party("Outbound", **sides)
    answering = call.add_party("Inbound", extension=machine, **sides)
    call.notify(0, caller, "Setup")
    call.notify(0, answering, "Setup")
    call.notify(0.1, answering, code)
    call.notify(seconds, answering, "Disconnected")
    call.notify(seconds, caller, "Disconnected")
    reached = leg(machine, result, start=0, seconds=seconds)
    call.add_record("Inbound", result, legs=[reached], **sides)
