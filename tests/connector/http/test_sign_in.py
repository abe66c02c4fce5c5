"""The result of a sign-in is stored, and renewed by one thread at a time."""

import threading
from contextlib import suppress

from connector.types import SignInKeeper


def test_concurrent_renewals_sign_in_once():
    keeper = SignInKeeper({"token": "old"})
    both_ask, both_sign_in = threading.Barrier(2), threading.Barrier(2)
    attempts, results = [], []

    def sign_in(last):
        attempts.append(last)
        with suppress(threading.BrokenBarrierError):  # no other thread comes
            both_sign_in.wait(timeout=0.2)
        return {"token": f"new {len(attempts)}"}

    def renew():
        both_ask.wait()
        results.append(keeper.renew({"token": "old"}, sign_in))

    threads = [threading.Thread(target=renew) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert attempts == [{"token": "old"}]
    assert results == [{"token": "new 1"}] * 2
