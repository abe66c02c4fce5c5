"""The calls that the sandbox can make, by name.

The order of events in `inbound_answered`, `outbound_answered`, `ivr` and
`extension_to_extension` is the one RingCentral's published captures show; the others
follow its documented rules and are synthetic.
"""

from collections.abc import Callable

from appconnect.sandbox.ringcentral.session import Session
from appconnect.sandbox.scripts import moved, odd, simple

SCRIPTS: dict[str, Callable[[Session], None]] = {
    script.__name__: script
    for script in (
        simple.inbound_answered,
        simple.outbound_answered,
        moved.ivr,
        simple.missed,
        simple.voicemail,
        simple.busy,
        simple.extension_to_extension,
        moved.queue,
        moved.blind_transfer,
        moved.attended_transfer,
        moved.forwarded,
        moved.park_pickup,
        moved.conference,
        simple.anonymous,
        simple.unknown_number,
        simple.masked_number,
        odd.fax,
        simple.short_recording,
        simple.overnight,
        odd.ring_out,
        odd.verification_call,
        simple.other_account,
    )
}
OUTBOUND = frozenset({"outbound_answered", "busy", "conference", "ring_out"})
"""Scripts in which the extension calls; in the others it is called."""
