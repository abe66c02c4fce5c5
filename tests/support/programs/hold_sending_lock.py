"""Hold the sending lock of call 7 until killed."""

import signal

import django

django.setup()

from appconnect.calls.crm.sending_lock import being_sent

with being_sent(7):
    print("sending", flush=True)
    signal.pause()
