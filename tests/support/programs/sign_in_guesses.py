"""Guess passwords in 16 threads at once.

Prints how many guesses were looked at, and how many threads failed.
"""

from functools import partial

import django

django.setup()

from django.utils import timezone

from appconnect.organizations.security.sign_in_defense import (
    signed_in,
    take_attempt,
)
from tests.support.programs.at_once import run_at_once

now = timezone.now()
looked_at = []


def guess(number: int) -> None:
    for _ in range(5):
        if take_attempt("ada", "203.0.113.9", now=now) is None:
            looked_at.append(number)
        take_attempt(f"user{number}", f"198.51.100.{number}", now=now)
        signed_in(f"user{number % 3}", "198.51.100.77", now=now)
        signed_in("ben", "198.51.100.77", known=f"browser {number % 3}", now=now)


failures = run_at_once(*(partial(guess, number) for number in range(16)))
print(len(looked_at), len(failures))
