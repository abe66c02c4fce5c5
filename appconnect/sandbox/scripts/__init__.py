"""The calls that the sandbox can play, by name.

The order of notifications in `inbound_answered`, `outbound_answered`, `ivr` and
`extension_to_extension` is that of RingCentral's published captures; the others
follow its documented rules and are synthetic.
"""

from collections.abc import Callable

from appconnect.sandbox.ringcentral.session import Session
from appconnect.sandbox.scripts import routed, simple, special, supervised, transferred

SCRIPTS: dict[str, Callable[[Session], None]] = {
    script.__name__: script
    for script in (
        simple.inbound_answered,
        simple.outbound_answered,
        routed.ivr,
        simple.missed,
        simple.voicemail,
        simple.busy,
        simple.extension_to_extension,
        routed.queue,
        routed.blind_transfer,
        routed.attended_transfer,
        routed.forwarded,
        routed.park_pickup,
        routed.conference,
        simple.anonymous,
        simple.unknown_number,
        simple.masked_number,
        special.fax,
        simple.short_recording,
        simple.overnight,
        special.ring_out,
        special.verification_call,
        simple.other_account,
        transferred.warm_transfer,
        supervised.monitored,
        supervised.barged_in,
        supervised.taken_over,
        special.message_only,
        special.ai_receptionist,
        simple.delegated,
        simple.colleague_number,
        simple.main_number,
    )
}
OUTBOUND = frozenset(
    {"outbound_answered", "busy", "conference", "ring_out", "delegated"}
)
"""Scripts in which the extension calls. In all others it is called."""
