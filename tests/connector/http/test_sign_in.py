"""What a sign-in gave is kept, and renewed by one at a time."""

import threading
from contextlib import suppress

from connector.types import SignInKeeper


def test_two_who_were_refused_sign_in_once():
    keeper = SignInKeeper({"token": "old"})
    both_ask, both_sign_in = threading.Barrier(2), threading.Barrier(2)
    asked, given = [], []

    def sign_in(last):
        asked.append(last)
        with suppress(threading.BrokenBarrierError):  # nobody else comes
            both_sign_in.wait(timeout=0.2)
        return {"token": f"new {len(asked)}"}

    def renew():
        both_ask.wait()
        given.append(keeper.renew({"token": "old"}, sign_in))

    threads = [threading.Thread(target=renew) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert asked == [{"token": "old"}]
    assert given == [{"token": "new 1"}] * 2
