"""Calls that a supervisor listens to, joins or takes over: the extension's colleague."""

from typing import Any

from appconnect.sandbox.ringcentral.session import (
    Session,
    inside,
    internal,
    leg,
    outbound_leg,
    outside,
)
from appconnect.sandbox.scripts.routed import colleague_of
from appconnect.sandbox.scripts.times import RING, TALK

LISTENS, ENDS = RING + 1, RING + TALK


def monitored(call: Session) -> None:
    """A supervisor dials *80 and listens to a customer's call, which has a leg of theirs."""
    supervisor = colleague_of(call)
    _customer_call(call, supervisor)
    _supervising_leg(call, supervisor, legType="SilentMonitoring", action="Monitoring")
    dialed = call.add_session(supervisor)
    dialed.starts_in = LISTENS
    sides = {"caller": inside(supervisor), "callee": {"phoneNumber": "*80"}}
    party = dialed.add_party("Outbound", extension=supervisor, **sides)
    dialed.notify(0, party, "Setup")
    dialed.notify(0.1, party, "Answered")
    dialed.notify(ENDS - LISTENS, party, "Disconnected")
    listened = outbound_leg(supervisor, "Call connected", seconds=ENDS - LISTENS)
    dialed.add_record(
        "Outbound",
        "Call connected",
        legs=[{**listened, "legType": "Monitoring", "action": "Monitoring"}],
        action="Monitoring",
        **sides,
    )


def barged_in(call: Session) -> None:
    """A supervisor joins a customer's call with a press of a button."""
    supervisor = colleague_of(call)
    _customer_call(call, supervisor)
    _supervising_leg(call, supervisor, legType="JoinCall", action="Barge In Call")


def taken_over(call: Session) -> None:
    """A supervisor listens to a customer's call, and then takes it over."""
    supervisor, takes = colleague_of(call), RING + 2
    caller, agent, listener = _parties(call, supervisor)
    call.notify(LISTENS, listener, "Answered", reason="Supervising")
    call.notify(takes, agent, "Disconnected", reason="TakeOver")
    call.notify(takes, listener, "Answered", reason="TakeOver")
    call.notify(ENDS, listener, "Disconnected")
    call.notify(ENDS, caller, "Disconnected")
    legs = [
        leg(call.extension, "Accepted", start=0, seconds=takes),
        {
            **leg(supervisor, "Accepted", start=LISTENS, seconds=takes - LISTENS),
            "legType": "Monitoring",
            "action": "Monitoring",
        },
        {
            **leg(supervisor, "Accepted", start=takes, seconds=ENDS - takes),
            "legType": "TransferCall",
            "action": "Transfer",
        },
    ]
    sides = {"caller": outside(call.outside), "callee": inside(call.extension)}
    call.add_record("Inbound", "Accepted", legs=legs, **sides)


def _customer_call(call: Session, supervisor: str) -> None:
    caller, agent, listener = _parties(call, supervisor)
    call.notify(LISTENS, listener, "Answered", reason="Supervising")
    call.notify(ENDS, agent, "Disconnected")
    call.notify(ENDS, listener, "Disconnected")
    call.notify(ENDS, caller, "Disconnected")
    sides = {"caller": outside(call.outside), "callee": inside(call.extension)}
    talked = leg(call.extension, "Accepted", start=0, seconds=ENDS)
    call.add_record("Inbound", "Accepted", legs=[talked], **sides)


def _parties(call: Session, supervisor: str) -> list[dict[str, Any]]:
    """Add the caller, the extension, which answers, and its supervisor."""
    sides = {"caller": outside(call.outside), "callee": inside(call.extension)}
    caller = call.add_party("Outbound", **sides)
    agent = call.add_party("Inbound", extension=call.extension, **sides)
    listener = call.add_party(
        "Outbound", extension=supervisor, **internal(supervisor, call.extension)
    )
    call.notify(0, caller, "Setup")
    call.notify(0, agent, "Setup")
    call.notify(0.1, agent, "Proceeding")
    call.notify(RING, agent, "Answered")
    return [caller, agent, listener]


def _supervising_leg(call: Session, supervisor: str, **words: str) -> None:
    listened = leg(supervisor, "Accepted", start=LISTENS, seconds=ENDS - LISTENS)
    call.records[0]["legs"].append({**listened, **words})
