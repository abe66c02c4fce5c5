"""Look at another process's sending lock: before, while held, stopped, killed, and after."""

import os
import signal
import subprocess
import sys

import django

django.setup()

from appconnect.calls.crm.sending_lock import being_sent, is_being_sent
from tests.support.helpers import wait_for

answers = [is_being_sent(7)]
holder = subprocess.Popen(
    [sys.executable, "-m", "tests.support.programs.hold_sending_lock"],
    stdout=subprocess.PIPE,
    text=True,
)
assert holder.stdout.readline() == "sending\n"
answers.append(is_being_sent(7))
os.kill(holder.pid, signal.SIGSTOP)
answers.append(is_being_sent(7))
holder.kill()
wait_for(lambda: not is_being_sent(7))
answers.append(is_being_sent(7))
with being_sent(7):
    pass
answers.append(is_being_sent(7))
print(*answers)
